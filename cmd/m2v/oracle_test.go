//go:build cgo

package main

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// How close a score comes to the oracle's, in points. Examples and first centers are the
// same, so only Class has room: logistic regression that stops at 100 iterations before
// it converged, as on vectors that are not normalised, stops where rounding lets it.
const (
	scorePoints = 0.05
	classPoints = 0.2
)

// oracle is what numpy, scipy and scikit-learn make of the reference's students.
type oracle struct {
	golden map[eval.Column]map[string]float64 // ../shared/golden/eval-mteb.json, of one system
	// summeval is the score in double precision, NaN if it was not measured: the
	// golden's float32 tells equal summaries apart. Source: testdata/gen/summeval.py.
	summeval float64
}

// readOracle reads what there is of a teacher's student.
func readOracle(t *testing.T, teacher, student string) oracle {
	t.Helper()
	var golden map[string]json.RawMessage
	readJSONTest(t, testenv.Shared(t, "golden", "eval-mteb.json"), &golden)
	var students map[string]map[eval.Column]map[string]float64
	if err := json.Unmarshal(golden[teacher], &students); err != nil {
		t.Fatal(err)
	}
	var own struct {
		SummEval map[string]map[string]float64
	}
	readJSONTest(t, "testdata/oracle.json", &own)
	o := oracle{golden: students[student], summeval: math.NaN()}
	if o.golden == nil {
		t.Fatalf("the golden has no %s of %s", student, teacher)
	}
	if score, ok := own.SummEval[teacher][student]; ok {
		o.summeval = score
	}
	return o
}

func readJSONTest(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// goldenName is how the golden calls a data set.
func goldenName(task string) string {
	switch task {
	case "conll-cluster":
		return "conll"
	case "bc5cdr-cluster":
		return "bc5cdr"
	}
	return task
}

// check compares all tasks of a system.
func (o oracle) check(t *testing.T, system string, tasks []eval.Result) {
	t.Helper()
	worst := map[eval.Column]float64{}
	for _, task := range tasks {
		want, ok := o.golden[task.Column][goldenName(task.Task)]
		if !ok || task.Failed() {
			t.Errorf("%s: %s: the oracle has a score: %v; ours failed: %q", system, task.Task, ok, task.Err)
			continue
		}
		tolerance := scorePoints
		if task.Column == eval.Class {
			tolerance = classPoints
		} else if task.Task == "summeval" && !math.IsNaN(o.summeval) {
			want = o.summeval
		}
		d := math.Abs(task.Score - want)
		worst[task.Column] = max(worst[task.Column], d)
		if d > tolerance {
			t.Errorf("%s: %s %s is %.3f, the oracle has %.3f: off by %.3f, more than %.3f", system, task.Column, task.Task, task.Score, want, d, tolerance)
		}
	}
	for _, column := range eval.Columns {
		t.Logf("%s: %s is off by %.3f at most", system, column, worst[column])
	}
}
