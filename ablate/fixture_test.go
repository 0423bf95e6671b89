package ablate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/eval"
)

// task is a data set's score in a fixture; Error makes it a failed one.
type task struct {
	Task     string      `json:"task"`
	Column   eval.Column `json:"column"`
	Score    *float64    `json:"score"`
	Error    string      `json:"error,omitempty"`
	Official string      `json:"official,omitempty"`
	Extra    bool        `json:"extra,omitempty"`
}

// ok is a data set that was scored.
func ok(column eval.Column, name string, score float64) task {
	return task{Task: name, Column: column, Score: &score}
}

// row returns a variant with what a caller of Compare fills in from its tasks.
func row(t *testing.T, name string, tasks ...task) Row {
	t.Helper()
	data, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	var r eval.Results
	if err := json.Unmarshal(data, &r.Tasks); err != nil {
		t.Fatal(err)
	}
	return Row{Name: name, Kind: KindVariant, Dims: 256, Parameters: 1000, Bytes: 4000, Tasks: r.Tasks, Columns: r.Columns(), Averages: r.Averages()}
}

// real returns rows with the scores of the reference's students, testdata/scores.json,
// by the names given there.
func real(t *testing.T, names ...string) []Row {
	t.Helper()
	var file map[string]json.RawMessage
	data, err := os.ReadFile(filepath.Join("testdata", "scores.json"))
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
	var rows []Row
	for _, name := range names {
		var columns map[eval.Column]map[string]float64
		if err := json.Unmarshal(file[name], &columns); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var tasks []task
		for column, sets := range columns { // in any order, as Compare must not mind
			for set, score := range sets {
				one := ok(column, set, score)
				one.Official = official[set]
				tasks = append(tasks, one)
			}
		}
		rows = append(rows, row(t, name, tasks...))
	}
	return rows
}

// paper is the report of the paper's recipe: six of its seven rows, as the reference's
// students score, and what the reports tell of each.
func paper(t *testing.T) *Report {
	t.Helper()
	rows := real(t, "paper_output", "paper_output_nopca", "paper_output_nozipf", "paper_output_nozipf_nopca", "paper_input", "paper_input_nozipf_nopca")
	settings := [][]string{
		{"source=output", "pooling=token", "frame=eos-bos", "pca-dims=256", "sif-coefficient=log", "normalize=false"},
		{"pca-dims=none"}, {"sif-coefficient=none"}, {"sif-coefficient=none", "pca-dims=none"},
		{"source=input"}, {"source=input", "sif-coefficient=none", "pca-dims=none"},
	}
	for i := range rows {
		r := &rows[i]
		r.Name, r.Settings, r.Tokens = r.Name[len("paper_"):], settings[i], 29528
		r.Published = PublishedRow(r.Name)
		r.Explained, r.Speed = 0.93, 9000+250*float64(i)
		if i == 1 || i == 3 || i == 5 {
			r.Dims, r.Explained, r.Speed = 384, 0, 6100+90*float64(i)
		}
		r.Parameters = int64(r.Tokens) * int64(r.Dims)
		r.Bytes = 4 * r.Parameters
	}
	cover := eval.Results{Tasks: rows[0].Tasks}
	return &Report{
		Tool: "m2v", Version: "1.2.3", Recipe: "paper", Teacher: "BAAI/bge-small-en-v1.5", Baseline: "output", Rows: rows,
		Averages: cover.Averages(), Passes: []Pass{
			{Teacher: "BAAI/bge-small-en-v1.5", Rows: []string{"output, token, eos-bos"}, Tokens: 29528, Seconds: 41.25},
			{Teacher: "BAAI/bge-small-en-v1.5", Rows: []string{"input"}, Tokens: 29528, Cached: true},
		},
	}
}
