package bench

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
)

// Markdown returns the table: a row for each data set, a column for each system, then the
// means, the published ones and the speeds.
func (t *Table) Markdown() string {
	var b strings.Builder
	row := func(name string, cell func(r Row) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, r := range t.Systems {
			fmt.Fprintf(&b, " %s |", cell(r))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "Weighted F1 on the test split, %d training texts, mean of %d seeds ± standard deviation.\n\n", t.Examples, t.Seeds)
	row("data set", func(r Row) string { return r.System })
	row("---", func(Row) string { return "---:" })
	for i, set := range t.Sets {
		row(set, func(r Row) string { return fmt.Sprintf("%.2f ± %.2f", r.Cells[i].Mean, r.Cells[i].Spread) })
	}
	row("**mean**", func(r Row) string { return fmt.Sprintf("**%.2f** ± %.2f", r.Mean, r.Spread) })
	row("mean accuracy", func(r Row) string { return fmt.Sprintf("%.2f", r.Accuracy) })
	if slices.ContainsFunc(t.Systems, func(r Row) bool { return r.Published > 0 }) {
		row("published mean, one data set more", func(r Row) string {
			if r.Published == 0 {
				return ""
			}
			return fmt.Sprintf("%.1f", r.Published)
		})
	}
	row("training texts/s", func(r Row) string { return fmt.Sprintf("%.0f", r.TrainRate) })
	row("test texts/s", func(r Row) string { return fmt.Sprintf("%.0f", r.TestRate) })
	return b.String()
}

// Write writes the table to path as Markdown, and the chart beside it, with the suffix .svg.
func (t *Table) Write(path string) error {
	chart := strings.TrimSuffix(path, filepath.Ext(path)) + ".svg"
	return cmp.Or(write(path, t.Markdown()), write(chart, t.SVG()))
}

func write(path, text string) error {
	return files.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

// SVG returns the chart of the mean score against the speed of training, which has a
// logarithmic axis.
func (t *Table) SVG() string {
	const w, h, left, bottom = 640.0, 400.0, 60.0, 50.0
	low, high, slow, fast := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, r := range t.Systems {
		low, high = min(low, math.Floor(r.Mean)-1), max(high, math.Ceil(r.Mean)+1)
		speed := math.Log10(r.TrainRate)
		slow, fast = min(slow, math.Floor(speed)), max(fast, math.Ceil(speed))
	}
	fast = max(fast, slow+1)
	x := func(v float64) float64 { return left + (v-slow)/(fast-slow)*(w-left-140) }
	y := func(v float64) float64 { return h - bottom - (v-low)/(high-low)*(h-bottom-20) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" role="img" aria-label="score against speed of training" font-family="sans-serif" font-size="12">`+"\n", w, h)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="#fff"/>`+"\n", w, h)
	for v := slow; v <= fast; v++ {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fV20" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%g</text>`+"\n", x(v), h-bottom, x(v), h-bottom+16, math.Pow(10, v))
	}
	step := max(1, math.Round((high-low)/8))
	for v := low; v <= high; v += step {
		fmt.Fprintf(&b, `<path d="M%g %.1fH%g" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n", left, y(v), w-140, left-6, y(v)+4, v)
	}
	for _, r := range t.Systems {
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="5" fill="#1f5aa0"/><text x="%.1f" y="%.1f">%s</text>`+"\n",
			x(math.Log10(r.TrainRate)), y(r.Mean), x(math.Log10(r.TrainRate))+9, y(r.Mean)+4, html.EscapeString(r.System))
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">training texts per second</text>`+"\n", (left+w-140)/2, h-12)
	fmt.Fprintf(&b, `<text x="14" y="%g" text-anchor="middle" transform="rotate(-90 14 %g)">mean weighted F1</text>`+"\n</svg>\n", h/2, h/2)
	return b.String()
}
