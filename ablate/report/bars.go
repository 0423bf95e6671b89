package report

import (
	"fmt"
	"html/template"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/m2v-dev/m2v/ablate"
)

// Of a panel of bars, CSS pixels.
const (
	panelWidth = 400
	barPitch   = 18
	barWidth   = 11
	nameWidth  = 165
	nameLines  = 4
)

// bars returns a panel for each column that a row has a score in: a bar for each row,
// from 0, its value and difference, and a line where the baseline ends.
func bars(r *ablate.Report) ([]figure, error) {
	var out []figure
	for _, h := range heads(r) {
		if strings.HasPrefix(h.Name, "Avg") {
			continue
		}
		scores := make([]ablate.Score, len(r.Rows))
		any := false
		for i := range r.Rows {
			scores[i] = h.of(&r.Rows[i])
			any = any || scores[i].State == ablate.Scored
		}
		if !any {
			continue
		}
		svg, err := panel(r, h, scores)
		if err != nil {
			return nil, err
		}
		out = append(out, figure{SVG: svg, Caption: h.Name})
	}
	return out, nil
}

// panel draws the bars of a column. Their values stand in two columns at the right: text
// beside a bar would be crossed by the baseline's line.
func panel(r *ablate.Report, h head, scores []ablate.Score) (template.HTML, error) {
	n := len(scores)
	p := newPlot()
	p.HideX()
	p.X.Min, p.X.Max = 0, 0
	p.Y.Min, p.Y.Max, p.Y.Padding = -0.5, float64(n)-0.5, 0
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Tick.Label = sans(11, ink, draw.XRight, draw.YCenter)
	names := labels(r, p.Y.Tick.Label, nameWidth, nameLines)
	ticks := make(plot.ConstantTicks, n)
	said := make([]string, n)
	for i := range scores {
		y := float64(n - 1 - i) // the first row is on top
		ticks[i] = plot.Tick{Value: y, Label: names[i]}
		said[i] = strings.TrimSpace(named(r.Rows[i].Name) + " " + h.cell(&r.Rows[i]).Text)
		if scores[i].State == ablate.Scored {
			p.Add(&plotter.BarChart{Values: plotter.Values{scores[i].Value}, Width: barWidth, Color: paintOf(r, i), XMin: y, Horizontal: true})
		}
	}
	p.Y.Tick.Marker = ticks
	if p.X.Max == p.X.Min { // all of them 0
		p.X.Max = p.X.Min + 1
	}
	top, bottom := float64(n)-0.5, -0.5
	p.Add(stroke(muted, 1, nil, plotter.XY{X: 0, Y: bottom}, plotter.XY{X: 0, Y: top}))
	if base, ok := r.Find(r.Baseline); ok && scores[base].State == ablate.Scored && n > 1 {
		x := scores[base].Value
		p.Add(stroke(ink, 0.8, []vg.Length{2, 2}, plotter.XY{X: x, Y: bottom}, plotter.XY{X: x, Y: top}))
	}
	p.Add(values(r, h, p.X.Max)...)
	label := fmt.Sprintf("%s, per cent: %s", h.Name, strings.Join(said, "; "))
	pitch := max(barPitch, 5+11*lineCount(names...))
	return render(p, panelWidth, vg.Length(pitch*n+4), label)
}

// values are the scores and differences beside the bars, right-aligned after x; the best
// variant's is bold.
func values(r *ablate.Report, h head, x float64) []plot.Plotter {
	plain, small := sans(10.5, ink, draw.XRight, draw.YCenter), sans(10.5, muted, draw.XRight, draw.YCenter)
	bold := plain
	bold.Font.Weight = font.WeightBold
	best := h.best(r)
	cells := make([]cell, len(r.Rows))
	var wide, wideDelta vg.Length
	for i := range cells {
		cells[i] = h.cell(&r.Rows[i])
		wide, wideDelta = max(wide, bold.Width(cells[i].Text)), max(wideDelta, small.Width(cells[i].Delta))
	}
	var out []plot.Plotter
	for i, c := range cells {
		y := float64(len(cells) - 1 - i)
		style := plain
		switch {
		case best[i]:
			style = bold
		case c.Class == "failed" || c.Class == "absent":
			style = small
		}
		out = append(out, note(x, y, c.Text, style, vg.Point{X: 6 + wide}))
		if c.Delta != "" {
			out = append(out, note(x, y, c.Delta, small, vg.Point{X: 12 + wide + wideDelta}))
		}
	}
	return out
}

// paintOf returns the colour of a row's bar or point.
func paintOf(r *ablate.Report, i int) paint {
	if base, ok := r.Find(r.Baseline); ok && base == i {
		return accent
	}
	if r.Rows[i].Kind == ablate.KindModel {
		return other
	}
	return variant
}
