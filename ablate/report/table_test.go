package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

func TestBestOfAColumn(t *testing.T) {
	scores := func(list ...float64) *ablate.Report {
		r := &ablate.Report{Baseline: "0"}
		for i, x := range list {
			r.Rows = append(r.Rows, ablatetest.Row(t, string(rune('0'+i)), ablatetest.OK(eval.STS, "a", x)))
		}
		return r
	}
	check := func(r *ablate.Report, want string) {
		t.Helper()
		best := heads(r)[0].best(r)
		got := ""
		for i := range r.Rows {
			if best[i] {
				got += r.Rows[i].Name
			}
		}
		if got != want {
			t.Errorf("best rows are %q, want %q", got, want)
		}
	}
	check(scores(60, 61, 59), "1")
	check(scores(60, 61, 61.004, 59), "12") // shown as the same number
	check(scores(60, 60, 60), "")           // nothing to tell apart
	check(scores(60), "")
	check(scores(-2, -1), "1")
	r := scores(60, 61, 90)
	r.Rows[2].Kind = ablate.KindModel // a teacher beside them
	check(r, "1")
	r = scores(60, 61, 62)
	r.Rows[2] = ablatetest.Row(t, "2", ablatetest.Task{Task: "a", Column: eval.STS, Error: "no"})
	check(r, "1")
}

// grid is a report of the combinations of two axes, beside a baseline that is none.
func grid(t *testing.T) *ablate.Report {
	t.Helper()
	r := &ablate.Report{Teacher: "acme/teacher", Baseline: "output", Grid: []ablate.Axis{{Flag: "pca-dims", Values: []string{"8", "16", "none"}}, {Flag: "quantize-to", Values: []string{"int8", "float16"}}}}
	r.Rows = append(r.Rows, ablatetest.Row(t, "output", ablatetest.OK(eval.STS, "a", 50), ablatetest.OK(eval.STS, "b", 50)))
	for i, d := range r.Grid[0].Values {
		for k, q := range r.Grid[1].Values {
			row := ablatetest.Row(t, "pca-dims="+d+",quantize-to="+q, ablatetest.OK(eval.STS, "a", 50+float64(i)), ablatetest.OK(eval.STS, "b", 60+float64(k)))
			row.Settings = []string{"pca-dims=" + d, "quantize-to=" + q}
			r.Rows = append(r.Rows, row)
		}
	}
	r.Compare(1)
	return r
}

func TestGridOfAReport(t *testing.T) {
	r := grid(t)
	v := viewGrid(r)
	if v == nil || len(v.Rows) != 6 || strings.Join(v.Flags, " ") != "pca-dims quantize-to" {
		t.Fatalf("table %+v, want six rows of two switches", v)
	}
	if row := v.Rows[3]; row.Number != 5 || row.Values[0] != (sortable{"16", "1"}) || row.Values[1] != (sortable{"float16", "1"}) || row.Cells[0].Key == "" {
		t.Errorf("the fourth row is %+v", row)
	}
	lines := seriesOf(r, 0)
	if len(lines) != 2 || lines[0].name != "quantize-to=int8" || len(lines[0].points) != 3 {
		t.Fatalf("lines of pca-dims: %+v, want one for each type of three points", lines)
	}
	for i, p := range lines[1].points { // its mean is (50+i + 61)/2
		if p.x != float64(i) || p.y != (111+float64(i))/2 {
			t.Errorf("point %d of float16 is %+v", i, p)
		}
	}
	page := checked(t, r)
	for _, want := range []string{`<table class="sort grid">`, "Average score against pca-dims, a line for each combination of the other switches.", `data-v="2">none</td>`, `<b class="best">`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if n := len(regexp.MustCompile(`<th scope="row" data-v="\d+">`).FindAllString(page, -1)); n != 7+6 {
		t.Errorf("%d rows can be sorted by number, want 7 of scores and 6 of the grid", n)
	}
	r.Grid = nil
	if page := checked(t, r); strings.Contains(page, "<h2>Grid</h2>") {
		t.Error("a report without a grid has its section")
	}
}

// The page is XML with the script in it.
func TestScriptNeedsNoEscape(t *testing.T) {
	if strings.ContainsAny(sortScript, "<&") || strings.Contains(sortScript, "http") {
		t.Error("the script has characters that XML wants escaped, or an address")
	}
}
