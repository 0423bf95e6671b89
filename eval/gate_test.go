package eval

import (
	"slices"
	"strings"
	"testing"
)

// gateModel returns a model with scores of STS data sets of the plain form.
func gateModel(name string, scores map[string]float64) Scored {
	r := &Results{}
	for _, set := range []string{"STS12-test", "STS13-test"} {
		if score, ok := scores[set]; ok {
			r.Tasks = append(r.Tasks, Result{Task: set, Column: STS, Score: score, task: gateTask(set)})
		}
	}
	return NewScored(name, r)
}

func gateTask(name string) Task {
	return Task{Name: name, Column: STS, Official: strings.TrimSuffix(name, "-test")}
}

func TestGates(t *testing.T) {
	folder := []Task{gateTask("STS12-test"), gateTask("STS13-test")}
	both := gateModel("both", map[string]float64{"STS12-test": 50, "STS13-test": 70})
	one := gateModel("one", map[string]float64{"STS13-test": 70})
	least := func(name string, bound float64) Gates { return Gates{Folder: folder, Least: []Gate{{name, bound}}} }
	drop := func(name string, bound float64, base ...Scored) Gates {
		return Gates{Folder: folder, Drops: []Gate{{name, bound}}, Baseline: base}
	}
	part := least("AvgAll.v1", 60)
	part.MinCoverage = 0.5
	for _, c := range []struct {
		what  string
		g     Gates
		model Scored
		want  []string
	}{
		{"a mean holds", least("STS", 60), both, nil},
		{"a data set holds", least("STS12-test", 50), both, nil},
		{"a data set does not", least("STS12-test", 50.1), both, []string{"STS12-test of both is 50.00, under 50.1"}},
		{"no score", least("Class", 1), both, []string{"both has no Class"}},
		{"a part of the folder passes no average", least("AvgAll.v1", 60), one, []string{"AvgAll.v1 of one lacks 1 of the 2 data sets that the folder has for it: STS12-test"}},
		{"nor a column", least("STS", 60), one, []string{"STS of one lacks 1 of the 2 data sets that the folder has for it: STS12-test"}},
		{"too little of the official list", part, both, []string{"AvgAll.v1 of both covers 2 of 72 data sets, less than the share 0.5"}},
		{"no drop", drop("STS", 0.5, both), both, nil},
		{"a drop", drop("STS12-test", 0.5, gateModel("x", map[string]float64{"STS12-test": 51, "STS13-test": 70})), both,
			[]string{"STS12-test of both is 50.00, 1.00 under the baseline's 51.00"}},
		{"a drop that is allowed", drop("STS12-test", 1, gateModel("x", map[string]float64{"STS12-test": 51})), both, nil},
		{"other data sets", drop("STS", 5, one), both, []string{"STS of both is over 2 data sets and the baseline's over 1, not the same ones"}},
		{"no such model", drop("STS", 5, one, one), both, []string{"the baseline has no model both"}},
		{"the model by its name", drop("STS", 5, one, both), both, nil},
	} {
		if got := c.g.Check([]Scored{c.model}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	if got := least("STS14-test", 1).Unknown(); got != "STS14-test" {
		t.Errorf("unknown gate %q", got)
	}
	if got := least("STS13-test", 1).Unknown(); got != "" {
		t.Errorf("unknown gate %q", got)
	}
}
