package ablate

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval"
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
	r := paper(t)
	r.Compare(42)
	if len(r.Claims) != 6 || len(r.Warnings) != 0 {
		t.Fatalf("%d claims and warnings %q, want 6 (the plain row is missing) and none", len(r.Claims), r.Warnings)
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
		with, _ := r.find(c.With)
		over, _ := r.find(c.Over)
		a := average{c.Basis, c.Basis[len("AvgAll."):], true}
		if d := r.Rows[with].average(a).value - r.Rows[over].average(a).value; math.Abs(d-c.Difference) > 1e-9 {
			t.Errorf("%s by %s: difference %v, of the averages %v", c.Name, c.Basis, c.Difference, d)
		}
	}
}

// TestIntervalExactly compares with all resamples, each once: where the share below a
// value is not within chance of 2.5 %, the percentile is the very value.
func TestIntervalExactly(t *testing.T) {
	for _, groups := range [][][]float64{
		{{1, 5}},                 // 1/4 is 1, 1/4 is 5
		{{-1, 0.5, 4}},           // 1/27 is −1, 1/27 is 4
		{{3, 8, -2, 20}},         // 256 resamples
		{{1, 2}, {7, -4}},        // 4 × 4
		{{2}, {1, 9}, {-3, 100}}, // the first group never changes
	} {
		var all []float64
		var walk func(g, i int, in, sum float64)
		walk = func(g, i int, in, sum float64) {
			if g == len(groups) {
				all = append(all, sum/float64(len(groups)))
				return
			}
			if i == len(groups[g]) {
				walk(g+1, 0, 0, sum+in/float64(len(groups[g])))
				return
			}
			for _, x := range groups[g] {
				walk(g, i+1, in+x, sum)
			}
		}
		walk(0, 0, 0, 0)
		slices.Sort(all)
		low, high := interval(groups, rand.New(rand.NewPCG(1, 2)))
		if math.Abs(low-all[int(0.025*float64(len(all)))]) > 1e-12 || math.Abs(high-all[int(0.975*float64(len(all)))]) > 1e-12 {
			t.Errorf("%v: interval [%v, %v], by enumeration [%v, %v]", groups, low, high, all[int(0.025*float64(len(all)))], all[int(0.975*float64(len(all)))])
		}
	}
}

func TestCompareRepeats(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := paper(t)
	one.Compare(7)
	runtime.GOMAXPROCS(4)
	other := paper(t)
	slices.Reverse(other.Rows[0].Tasks) // the order of tasks is no part of it
	other.Compare(7)
	other.Compare(7)
	if !reflect.DeepEqual(one.Claims, other.Claims) {
		t.Errorf("claims differ: %+v and %+v", one.Claims, other.Claims)
	}
	third := paper(t)
	third.Compare(8)
	if one.Claims[0].Low == third.Claims[0].Low {
		t.Error("the seed changes nothing")
	}
}

func TestDelta(t *testing.T) {
	r := &Report{Baseline: "base", Rows: []Row{
		{Name: "base", Kind: KindSystem}, // another system of that name is no baseline
		row(t, "base", ok(eval.STS, "a", 60), ok(eval.STS, "b", 70), ok(eval.WordSim, "w", 40)),
		row(t, "better", ok(eval.STS, "a", 62), ok(eval.STS, "b", 71), ok(eval.WordSim, "w", 39)),
		row(t, "other", ok(eval.STS, "a", 62), ok(eval.STS, "c", 71), ok(eval.WordSim, "w", 39)),
		row(t, "failing", ok(eval.STS, "a", 61), task{Task: "b", Column: eval.STS, Error: "b.tsv:1: no score"}, ok(eval.WordSim, "w", 44)),
		{Name: "unscored", Kind: KindVariant},
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
	base := []task{ok(eval.STS, "a", 60), ok(eval.STS, "b", 70), ok(eval.WordSim, "w", 40)}
	for name, test := range map[string]struct {
		over   Row
		claims int
		warns  string
	}{
		"failed":   {row(t, OutputNoPCA, ok(eval.STS, "a", 50), task{Task: "b", Column: eval.STS, Error: "no"}), 0, `claim "PCA" is not computed: output_nopca failed on b`},
		"missing":  {row(t, OutputNoPCA, ok(eval.STS, "a", 50), ok(eval.STS, "b", 50)), 2, `claim "PCA" is over the 2 data sets that both rows have: only output has WordSim/w`},
		"apart":    {row(t, OutputNoPCA, ok(eval.STS, "c", 50)), 0, `claim "PCA" is not computed: output and output_nopca share no data set`},
		"one":      {row(t, OutputNoPCA, ok(eval.STS, "a", 50)), 0, `claim "PCA" has no interval by AvgAll.v2: no column has two data sets`},
		"NaN":      {row(t, OutputNoPCA, ok(eval.STS, "a", 50), ok(eval.STS, "b", 50), ok(eval.WordSim, "w", 1)), 0, `failed on w`},
		"unscored": {Row{Name: OutputNoPCA, Kind: KindVariant}, 0, ""},
		"whole":    {row(t, OutputNoPCA, ok(eval.STS, "a", 50), ok(eval.STS, "b", 50), ok(eval.WordSim, "w", 1), task{Task: "dev", Column: eval.STS, Error: "no", Extra: true}), 2, ""},
	} {
		if name == "NaN" {
			test.over.Tasks[2].Score = math.NaN()
		}
		r := &Report{Baseline: Output, Rows: []Row{row(t, Output, base...), test.over}}
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

func TestPublishedRow(t *testing.T) {
	for _, c := range published { // what is stated follows from the table
		d := PublishedRow(c.With)["AvgAll.v1"] - PublishedRow(c.Over)["AvgAll.v1"]
		if math.Abs(d-c.Published) > 0.1 {
			t.Errorf("%s: stated %v, by the table %v", c.Name, c.Published, d)
		}
	}
	if got := PublishedRow("pca-dims=64"); got != nil {
		t.Errorf("the table has a row pca-dims=64: %v", got)
	}
}
