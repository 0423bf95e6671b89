package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"github.com/m2v-dev/m2v/ablate"
)

//go:embed report.html.tmpl
var reportTemplate string

// sortScript is the page's only script: a click on a column's name sorts the table. It
// has neither < nor &, so that the page is well-formed XML, and nothing of the report.
//
//go:embed sort.js
var sortScript string

// reportPage escapes whatever a name holds for where it stands. It is parsed when it is
// needed: other commands start without it.
var reportPage = sync.OnceValues(func() (*template.Template, error) {
	return template.New("report.html").Parse(reportTemplate)
})

// A view is the report in the words of the page.
type view struct {
	Title, Intro, Baseline, Tool string
	Warnings                     []string

	Heads    []headView
	Scores   []scoreRow
	Deltas   bool
	Best     bool
	Others   bool
	Coverage []string

	Claims    []claimView
	Intervals []figure
	ClaimNote string

	Bars, Sizes, Speeds []figure

	FitHeads  []string
	Fits      []fitRow
	FitCharts []figure
	FitNotes  []string

	Grid      *gridView
	GridLines []figure
	Script    template.JS

	Fields   []field
	Rows     []fieldRow
	Passes   []passView
	Failures [][]string
}

type headView struct {
	Words   []string // its name, in parts that may stand one under the other
	Average bool
}

type scoreRow struct {
	Number     int
	Parts      []string // of the name
	Dims, Size sortable
	Kind       string // "base", "variant" or "other"
	Cells      []cell
}

type fieldRow struct {
	Number int
	Parts  []string
	Values []string
}

type passView struct {
	Teacher, Tokens, Seconds string
	Rows                     []string
}

// A claimView is a claim with its results by v1 and v2.
type claimView struct {
	Name, Text, With, Over string
	Results                []resultView
}

type resultView struct {
	Basis, Difference, Bounds, Verdict, Published string
	Held                                          bool
	Sets                                          int
}

// HTML returns the report as report.html: one file that fetches nothing, for
// screens light and dark and for paper; its one script sorts tables. The same report gives the same bytes.
func HTML(r *ablate.Report) ([]byte, error) {
	v := view{Title: oneLine(title(r)), Intro: oneLine(intro(r)), Baseline: named(r.Baseline), Tool: oneLine(r.Tool + " " + r.Version),
		Coverage: coverage(r), ClaimNote: claimNote, Fields: fields(r), Failures: failures(r), Grid: viewGrid(r), Script: template.JS(sortScript)}
	for _, w := range warnings(r) {
		v.Warnings = append(v.Warnings, oneLine(w))
	}
	viewRows(r, &v)
	viewClaims(r, &v)
	viewFits(r, &v)
	for _, p := range r.Passes {
		pass := passView{Teacher: named(p.Teacher), Tokens: orDash(grouped(p.Tokens)), Seconds: seconds(p)}
		for _, row := range p.Rows {
			pass.Rows = append(pass.Rows, oneLine(row))
		}
		v.Passes = append(v.Passes, pass)
	}
	for _, f := range v.Failures {
		for i := range f {
			f[i] = oneLine(f[i])
		}
	}
	for _, chart := range []struct {
		to   *[]figure
		make func(*ablate.Report) []figure
	}{{&v.Intervals, intervals}, {&v.FitCharts, fitCharts}, {&v.GridLines, gridLines}, {&v.Bars, bars}, {&v.Sizes, sizes}, {&v.Speeds, speeds}} {
		*chart.to = chart.make(r)
	}
	page, err := reportPage()
	if err != nil {
		return nil, fmt.Errorf("report: write HTML: %w", err)
	}
	var buf bytes.Buffer
	if err := page.Execute(&buf, v); err != nil {
		return nil, fmt.Errorf("report: write HTML: %w", err)
	}
	return buf.Bytes(), nil
}

// named returns a name as it is shown.
func named(s string) string {
	if s = oneLine(s); s == "" {
		return "(no name)"
	}
	return s
}

// parts cuts a name where a line may end beside its spaces: after commas, underscores and
// slashes.
func parts(name string) []string { return cut(named(name), ",_/") }

// cut cuts s after each of the characters.
func cut(name, after string) []string {
	var out []string
	for i := strings.IndexAny(name, after); i >= 0; i = strings.IndexAny(name, after) {
		out, name = append(out, name[:i+1]), name[i+1:]
	}
	if name != "" {
		out = append(out, name)
	}
	return out
}

func viewRows(r *ablate.Report, v *view) {
	base, ok := r.Find(r.Baseline)
	heads := heads(r)
	var best []map[int]bool
	for _, h := range heads {
		words := strings.SplitAfter(h.Name, ".")
		v.Heads = append(v.Heads, headView{words, len(words) > 1})
		best = append(best, h.best(r))
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		kind := ablate.KindVariant
		switch {
		case row.Kind == ablate.KindModel:
			kind, v.Others = "other", true
		case ok && i == base:
			kind = "base"
		}
		s := scoreRow{Number: i + 1, Parts: parts(row.Name), Dims: number(grouped(row.Dims), float64(row.Dims)), Size: number(size(row.Bytes), float64(row.Bytes)), Kind: kind}
		for k, h := range heads {
			c := h.cell(row)
			c.Best = best[k][i]
			v.Best = v.Best || c.Best
			v.Deltas = v.Deltas || c.Delta != ""
			s.Cells = append(s.Cells, c)
		}
		v.Scores = append(v.Scores, s)
		f := fieldRow{Number: i + 1, Parts: parts(row.Name)}
		for _, field := range v.Fields {
			f.Values = append(f.Values, orDash(oneLine(field.of(row))))
		}
		v.Rows = append(v.Rows, f)
	}
}

// viewFits fills the table of fits.
func viewFits(r *ablate.Report, v *view) {
	if r.Texts == 0 {
		return
	}
	v.FitHeads, v.Fits, v.FitNotes = fitHeads(r), fitRows(r), []string{fitNote}
	for i := range v.Fits {
		v.Fits[i].Name = named(v.Fits[i].Name)
	}
	if r.Front != nil {
		v.FitNotes = append(v.FitNotes, frontNote)
	}
}

// viewClaims puts a claim's two results together; Claims holds them one after the other.
func viewClaims(r *ablate.Report, v *view) {
	for _, c := range r.Claims {
		if n := len(v.Claims); n == 0 || v.Claims[n-1].Name != oneLine(c.Name) {
			v.Claims = append(v.Claims, claimView{Name: oneLine(c.Name), Text: oneLine(c.Text), With: named(c.With), Over: named(c.Over)})
		}
		last := &v.Claims[len(v.Claims)-1]
		last.Results = append(last.Results, resultView{c.Basis, signed(c.Difference), bounds(c), verdict(c), stated(c), c.Held, c.Sets})
	}
}
