// Package ablatetest makes reports of ablations for tests.
package ablatetest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// A Task is a data set's score in a fixture; Error makes it a failed one.
type Task struct {
	Task     string      `json:"task"`
	Column   eval.Column `json:"column"`
	Score    *float64    `json:"score"`
	Error    string      `json:"error,omitempty"`
	Official string      `json:"official,omitempty"`
	Extra    bool        `json:"extra,omitempty"`
}

// OK is a data set that was scored.
func OK(column eval.Column, name string, score float64) Task {
	return Task{Task: name, Column: column, Score: &score}
}

// Row returns a variant with what a caller of Compare fills in from its tasks.
func Row(t testing.TB, name string, tasks ...Task) ablate.Row {
	t.Helper()
	data, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	var r eval.Results
	if err := json.Unmarshal(data, &r.Tasks); err != nil {
		t.Fatal(err)
	}
	return ablate.Row{Name: name, Kind: ablate.KindVariant, Dims: 256, Parameters: 1000, Bytes: 4000, Tasks: r.Tasks, Columns: r.Columns(), Averages: r.Averages()}
}

// real returns rows with the scores of the reference's students, testdata/scores.json,
// by the names given there.
func real(t testing.TB, names ...string) []ablate.Row {
	t.Helper()
	var file map[string]json.RawMessage
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "ablate", "testdata", "scores.json"))
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	official := map[string]string{}
	if err == nil {
		err = json.Unmarshal(file["official"], &official)
	}
	if err != nil {
		t.Fatal(err)
	}
	var rows []ablate.Row
	for _, name := range names {
		var columns map[eval.Column]map[string]float64
		if err := json.Unmarshal(file[name], &columns); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var tasks []Task
		for _, column := range slices.Sorted(maps.Keys(columns)) { // one order: means are sums of floats
			for _, set := range slices.Sorted(maps.Keys(columns[column])) {
				one := OK(column, set, columns[column][set])
				one.Official = official[set]
				tasks = append(tasks, one)
			}
		}
		rows = append(rows, Row(t, name, tasks...))
	}
	return rows
}

// Paper is the report of the paper's recipe: six of its seven rows, as the reference's
// students score, and what the reports tell of each.
func Paper(t testing.TB) *ablate.Report {
	t.Helper()
	rows := real(t, "paper_output", "paper_output_nopca", "paper_output_nozipf", "paper_output_nozipf_nopca", "paper_input", "paper_input_nozipf_nopca")
	settings := [][]string{
		{"source=output", "pooling=token", "special-tokens=eos-bos", "pca-dims=256", "sif-coefficient=log", "normalize=false"},
		{"pca-dims=none"}, {"sif-coefficient=none"}, {"sif-coefficient=none", "pca-dims=none"},
		{"source=input"}, {"source=input", "sif-coefficient=none", "pca-dims=none"},
	}
	for i := range rows {
		r := &rows[i]
		r.Name, r.Settings, r.Tokens = r.Name[len("paper_"):], settings[i], 29528
		r.Published = ablate.PublishedRow(r.Name)
		r.Explained, r.Speed = 0.93, 9000+250*float64(i)
		if i == 1 || i == 3 || i == 5 {
			r.Dims, r.Explained, r.Speed = 384, 0, 6100+90*float64(i)
		}
		r.SpeedLow, r.SpeedHigh = 0.97*r.Speed, 1.01*r.Speed
		r.Parameters = int64(r.Tokens) * int64(r.Dims)
		r.Bytes = 4 * r.Parameters
	}
	cover := eval.Results{Tasks: rows[0].Tasks}
	return &ablate.Report{
		Tool: "m2v", Version: "1.2.3", Recipe: "paper", Teacher: "BAAI/bge-small-en-v1.5", Baseline: "output", Rows: rows,
		Averages: cover.Averages(), Passes: []ablate.Pass{
			{Teacher: "BAAI/bge-small-en-v1.5", Rows: []string{"output, token, eos-bos"}, Tokens: 29528, Seconds: 41.25},
			{Teacher: "BAAI/bge-small-en-v1.5", Rows: []string{"input"}, Tokens: 29528, Cached: true},
		},
	}
}
