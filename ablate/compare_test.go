package ablate_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

func TestCompareAgainstNumpy(t *testing.T) {
	// numpy, 400,000 resamples: testdata/gen/bootstrap.py.
	var want map[string]json.RawMessage
	data, err := os.ReadFile(filepath.Join("testdata", "bootstrap.json"))
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := ablatetest.Paper(t)
	r.Compare(42)
	if len(r.Claims) != 6 || len(r.Warnings) != 0 {
		t.Fatalf("%d claims and warnings %q, want 6 (the base model's row is missing) and none", len(r.Claims), r.Warnings)
	}
	for _, c := range r.Claims {
		var w [3]float64
		if err := json.Unmarshal(want[c.Name+", "+c.Basis], &w); err != nil {
			t.Fatal(c.Name, c.Basis, err)
		}
		if math.Abs(c.Difference-w[0]) > 1e-9 {
			t.Errorf("%s by %s: difference %v, numpy %v", c.Name, c.Basis, c.Difference, w[0])
		}
		// Four standard deviations of an end of 10,000 resamples, 0.7 % of the width each.
		room := 0.028 * (w[2] - w[1])
		if math.Abs(c.Low-w[1]) > room || math.Abs(c.High-w[2]) > room {
			t.Errorf("%s by %s: interval [%.3f, %.3f], numpy [%.3f, %.3f], allowed %.3f", c.Name, c.Basis, c.Low, c.High, w[1], w[2], room)
		}
		if c.Held != (c.Low > 0) || c.Sets != 42 {
			t.Errorf("%s by %s: held %v with low %v, %d sets", c.Name, c.Basis, c.Held, c.Low, c.Sets)
		}
		// The difference is that of the averages in the table.
		with, _ := r.Find(c.With)
		over, _ := r.Find(c.Over)
		if d := r.Rows[with].Score(c.Basis).Value - r.Rows[over].Score(c.Basis).Value; math.Abs(d-c.Difference) > 1e-9 {
			t.Errorf("%s by %s: difference %v, of the averages %v", c.Name, c.Basis, c.Difference, d)
		}
	}
}

func TestCompareRepeats(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := ablatetest.Paper(t)
	one.Compare(7)
	runtime.GOMAXPROCS(4)
	other := ablatetest.Paper(t)
	slices.Reverse(other.Rows[0].Tasks) // the order of tasks is no part of it
	other.Compare(7)
	other.Compare(7)
	if !reflect.DeepEqual(one.Claims, other.Claims) {
		t.Errorf("claims differ: %+v and %+v", one.Claims, other.Claims)
	}
	third := ablatetest.Paper(t)
	third.Compare(8)
	if one.Claims[0].Low == third.Claims[0].Low {
		t.Error("the seed changes nothing")
	}
}

func TestDelta(t *testing.T) {
	r := &ablate.Report{Baseline: "base", Rows: []ablate.Row{
		{Name: "base", Kind: ablate.KindModel}, // another model of that name is no baseline
		ablatetest.Row(t, "base", ablatetest.OK(eval.STS, "a", 60), ablatetest.OK(eval.STS, "b", 70), ablatetest.OK(eval.WordSim, "w", 40)),
		ablatetest.Row(t, "better", ablatetest.OK(eval.STS, "a", 62), ablatetest.OK(eval.STS, "b", 71), ablatetest.OK(eval.WordSim, "w", 39)),
		ablatetest.Row(t, "other", ablatetest.OK(eval.STS, "a", 62), ablatetest.OK(eval.STS, "c", 71), ablatetest.OK(eval.WordSim, "w", 39)),
		ablatetest.Row(t, "failing", ablatetest.OK(eval.STS, "a", 61), ablatetest.Task{Task: "b", Column: eval.STS, Error: "b.tsv:1: no score"}, ablatetest.OK(eval.WordSim, "w", 44)),
		{Name: "unscored", Kind: ablate.KindVariant},
	}}
	r.Compare(1)
	r.Compare(1)
	want := map[string]map[string]float64{
		"base": nil, "unscored": nil,
		"better":  {"STS": 1.5, "WordSim": -1, "AvgMTEB.v1": 1.5, "AvgAll.v1": 2.0 / 3, "AvgMTEB.v2": 1.5, "AvgAll.v2": 0.25},
		"other":   {"WordSim": -1},
		"failing": {"WordSim": 4},
	}
	for _, row := range r.Rows {
		got := row.Delta
		if len(got) != len(want[row.Name]) {
			t.Errorf("%s: delta %v, want %v", row.Name, got, want[row.Name])
		}
		for name, w := range want[row.Name] {
			if math.Abs(got[name]-w) > 1e-9 {
				t.Errorf("%s: delta of %s is %v, want %v", row.Name, name, got[name], w)
			}
		}
	}
	if len(r.Warnings) != 5 || !strings.Contains(r.Warnings[0], "other: STS is of other data sets than that of base") {
		t.Errorf("warnings %q, want five of the row of other data sets", r.Warnings)
	}
	if len(r.Claims) != 0 || r.Claims == nil {
		t.Errorf("claims %#v, want none", r.Claims)
	}
}

func TestClaimsWithGaps(t *testing.T) {
	base := []ablatetest.Task{ablatetest.OK(eval.STS, "a", 60), ablatetest.OK(eval.STS, "b", 70), ablatetest.OK(eval.WordSim, "w", 40)}
	for name, test := range map[string]struct {
		over   ablate.Row
		claims int
		warns  string
	}{
		"failed":   {ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.OK(eval.STS, "a", 50), ablatetest.Task{Task: "b", Column: eval.STS, Error: "no"}), 0, `claim "PCA" is not computed: output_nopca failed on b`},
		"missing":  {ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.OK(eval.STS, "a", 50), ablatetest.OK(eval.STS, "b", 50)), 2, `claim "PCA" is over the 2 data sets that both rows have: only output has WordSim/w`},
		"apart":    {ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.OK(eval.STS, "c", 50)), 0, `claim "PCA" is not computed: output and output_nopca share no data set`},
		"one":      {ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.OK(eval.STS, "a", 50)), 0, `claim "PCA" has no interval by AvgAll.v2: no column has two data sets`},
		"NaN":      {ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.OK(eval.STS, "a", 50), ablatetest.OK(eval.STS, "b", 50), ablatetest.OK(eval.WordSim, "w", 1)), 0, `failed on w`},
		"unscored": {ablate.Row{Name: ablate.OutputNoPCA, Kind: ablate.KindVariant}, 0, ""},
		"whole":    {ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.OK(eval.STS, "a", 50), ablatetest.OK(eval.STS, "b", 50), ablatetest.OK(eval.WordSim, "w", 1), ablatetest.Task{Task: "dev", Column: eval.STS, Error: "no", Extra: true}), 2, ""},
	} {
		if name == "NaN" {
			test.over.Tasks[2].Score = math.NaN()
		}
		r := &ablate.Report{Baseline: ablate.Output, Rows: []ablate.Row{ablatetest.Row(t, ablate.Output, base...), test.over}}
		r.Compare(1)
		if len(r.Claims) != test.claims {
			t.Errorf("%s: %d claims, want %d", name, len(r.Claims), test.claims)
		}
		if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, test.warns) || test.warns == "" && all != "" {
			t.Errorf("%s: warnings %q, want %q", name, all, test.warns)
		}
		if len(r.Claims) == 2 && (r.Claims[0].Published != 2.8 || r.Claims[1].Published != 0) {
			t.Errorf("%s: published %v by v1 and %v by v2, want 2.8 and none", name, r.Claims[0].Published, r.Claims[1].Published)
		}
	}
}
