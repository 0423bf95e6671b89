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

// How close a score comes to the oracle's, in points.
const (
	exactPoints  = 0.05 // where nothing is drawn by chance
	columnPoints = 1.0  // the mean of a column whose protocol draws
)

// oracle is what numpy, scipy and scikit-learn make of the reference's students.
type oracle struct {
	golden map[eval.Column]map[string]float64 // ../shared/golden/eval.json, of one system
	// spread is the standard deviation of scikit-learn's scores over seeds, by data set.
	// Source: testdata/gen/clusters.py.
	spread map[string]float64
	// summeval is the score in double precision, NaN if it was not measured: the
	// golden's float32 tells equal summaries apart. Source: testdata/gen/summeval.py.
	summeval float64
}

// readOracle reads what there is of a teacher's student.
func readOracle(t *testing.T, teacher, student string) oracle {
	t.Helper()
	var golden map[string]json.RawMessage
	readJSONTest(t, testenv.Shared(t, "golden", "eval.json"), &golden)
	var students map[string]map[eval.Column]map[string]float64
	if err := json.Unmarshal(golden[teacher], &students); err != nil {
		t.Fatal(err)
	}
	var own struct {
		Spread   map[string]map[string]struct{ SD float64 }
		SummEval map[string]map[string]float64
	}
	readJSONTest(t, "testdata/oracle.json", &own)
	o := oracle{golden: students[student], spread: map[string]float64{}, summeval: math.NaN()}
	if o.golden == nil {
		t.Fatalf("the golden has no %s of %s", student, teacher)
	}
	for set, s := range own.Spread[teacher] {
		o.spread[set] = s.SD
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

// check compares all tasks of a system: what is drawn by chance within two standard
// deviations of one draw, and within a point in the mean of its column.
func (o oracle) check(t *testing.T, system string, tasks []eval.Result) {
	t.Helper()
	sums := map[eval.Column][3]float64{} // ours, the oracle's, data sets
	for _, task := range tasks {
		want, ok := o.golden[task.Column][goldenName(task.Task)]
		if !ok || task.Failed() {
			t.Errorf("%s: %s: the oracle has a score: %v; ours failed: %q", system, task.Task, ok, task.Err)
			continue
		}
		s := sums[task.Column]
		sums[task.Column] = [3]float64{s[0] + task.Score, s[1] + want, s[2] + 1}
		tolerance := exactPoints
		if sd, drawn := o.golden[task.Column][task.Task+":sd"]; drawn {
			tolerance = 2 * sd
		} else if sd, drawn := o.spread[task.Task]; drawn {
			tolerance = 2 * sd
		} else if task.Task == "summeval" && !math.IsNaN(o.summeval) {
			want = o.summeval
		}
		if d := math.Abs(task.Score - want); d > tolerance {
			t.Errorf("%s: %s %s is %.3f, the oracle has %.3f: off by %.3f, more than %.3f", system, task.Column, task.Task, task.Score, want, d, tolerance)
		}
	}
	for column, s := range sums {
		ours, theirs := s[0]/s[2], s[1]/s[2]
		t.Logf("%s: %s %.2f, the oracle has %.2f", system, column, ours, theirs)
		if d := math.Abs(ours - theirs); d > columnPoints {
			t.Errorf("%s: column %s is %.2f, the oracle has %.2f", system, column, ours, theirs)
		}
	}
}
