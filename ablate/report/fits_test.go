package report

import (
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

// fitted is a report of two numbers of texts × two of dimensions, beside what was distilled
// and another model.
func fitted(t *testing.T) *ablate.Report {
	t.Helper()
	r := &ablate.Report{Tool: "m2v", Version: "1.2.3", Recipe: "fit", Teacher: "bge", Baseline: "fit", Texts: 60000,
		Grid: []ablate.Axis{{Flag: "fit-texts", Values: []string{"5000", "60000"}}, {Flag: "pca-dims", Values: []string{"64", "256"}}}}
	add := func(name string, settings []string, dims, texts int, score float64) {
		row := ablatetest.Row(t, name, ablatetest.OK(eval.STS, "a", score))
		row.Settings, row.Dims, row.Bytes = settings, dims, int64(60000*dims)
		if texts > 0 {
			row.Fit = &ablate.Fit{Texts: texts, Seconds: float64(texts) / 9000, Steps: 20, HeldOut: texts / 20, Before: 0.65, After: 0.8 + float64(texts)/1e6}
		}
		r.Rows = append(r.Rows, row)
	}
	add("fit", []string{"pca-dims=128"}, 128, 60000, 65)
	add("fit-texts=5000,pca-dims=64", []string{"fit-texts=5000", "pca-dims=64"}, 64, 5000, 55)
	add("fit-texts=5000,pca-dims=256", []string{"fit-texts=5000", "pca-dims=256"}, 256, 5000, 61)
	add("fit-texts=60000,pca-dims=64", []string{"fit-texts=60000", "pca-dims=64"}, 64, 60000, 58)
	add("fit-texts=60000,pca-dims=256", []string{"fit-texts=60000", "pca-dims=256"}, 256, 60000, 67)
	add("distilled", nil, 32, 0, 50)
	r.Rows = append(r.Rows, ablate.Row{Name: "other", Kind: ablate.KindModel, Bytes: 1, Tasks: r.Rows[0].Tasks, Columns: r.Rows[0].Columns, Averages: r.Rows[0].Averages})
	r.Compare(1)
	return r
}

func TestFits(t *testing.T) {
	r := fitted(t)
	golden(t, "fits.md", Markdown(r))
	page := checked(t, r)
	for _, want := range []string{
		"<h2>Fits</h2>", "Average score against the number of texts. A line joins variants that differ in their texts alone.",
		"Average score against minutes.", "Minutes are those of the fit alone", "the front: variants that score higher than all smaller ones", "0.650 → 0.860",
		"fit-texts=60000,pca-dims=64 58.00 at 60,000", "at 0.11",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for i := range r.Rows {
		if f := r.Rows[i].Fit; f != nil {
			f.TeacherSeconds = float64(f.Texts) / 100
		}
	}
	page = checked(t, r)
	for _, want := range []string{"Minutes are the teacher&#39;s and the fit&#39;s.", "<td>600.0</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A report without texts has nothing of fits, whatever else it has.
func TestNoFits(t *testing.T) {
	r := ablatetest.Paper(t)
	r.Compare(42)
	if page := checked(t, r); strings.Contains(page, "Fits") || strings.Contains(page, "the front") || strings.Contains(string(Markdown(r)), "Fits") {
		t.Error("the published table tells of fits")
	}
}

// Names may mean something to Markdown and HTML, and fits may lack all that they tell.
func TestFitsOfAnyReport(t *testing.T) {
	r := hostile(t)
	r.Texts = 10
	for i := range r.Rows {
		r.Rows[i].Fit = &ablate.Fit{}
	}
	r.Compare(1)
	checked(t, r)
	if md := string(Markdown(r)); strings.Contains(md, "<script>") && !strings.Contains(md, "`") {
		t.Error("a name is markup")
	}
	r = fitted(t)
	for i := range r.Rows {
		r.Rows[i].Tasks, r.Rows[i].Columns, r.Rows[i].Averages = nil, nil, nil
	}
	r.Compare(1)
	if page := checked(t, r); strings.Contains(page, "Average score against") || !strings.Contains(page, "<h2>Fits</h2>") {
		t.Error("charts without scores, or no table of fits")
	}
}
