//go:build cgo

package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
)

// TestRealEvalEqualsTheOracle scores our all-MiniLM-L6-v2 student and compares it
// with what numpy, scipy and scikit-learn made of the reference's: within 0.05
// points where nothing is drawn by chance, within two standard deviations and
// one point for classification, whose examples other draws choose.
func TestRealEvalEqualsTheOracle(t *testing.T) {
	const name = "all-MiniLM-L6-v2"
	dir := filepath.Join(t.TempDir(), "student")
	var out, stderr bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &stderr, os.Getenv)
	o := defaultDistillOptions()
	o.Teacher, o.Out, o.Student.Type = testenv.Model(t, name), dir, matrix.Float32
	if err := runDistill(t.Context(), a, o); err != nil {
		t.Fatal(err)
	}
	var golden map[string]map[string]map[eval.Column]map[string]float64
	data, err := os.ReadFile(testenv.Shared(t, "golden", "eval.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	delete(raw, "about")
	data, _ = json.Marshal(raw) // it has just been read
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	want := golden[name]["default"]

	out.Reset()
	e := evalOptions{Systems: []string{dir}, Data: testenv.Shared(t, "eval"), Seed: eval.DefaultSeed, NoCache: true, JSON: true,
		Columns: []string{"Class", "PairClass", "Rank", "Ret", "STS", "Sum", "WordSim"}}
	if err := runEval(t.Context(), a, e); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var got []struct {
		Tasks []struct {
			Task   string
			Column eval.Column
			Score  float64
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(got[0].Tasks) != 34 {
		t.Fatalf("%d systems, want 34 tasks of one", len(got))
	}
	for _, task := range got[0].Tasks {
		score, ok := want[task.Column][task.Task]
		tolerance := 0.05
		if task.Column == eval.Class {
			tolerance = max(1, 2*want[task.Column][task.Task+":sd"])
		}
		if !ok || math.Abs(task.Score-score) > tolerance {
			t.Errorf("%s %s: %.3f, the oracle has %.3f (tolerance %.2f)", task.Column, task.Task, task.Score, score, tolerance)
		}
	}
}
