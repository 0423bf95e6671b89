package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

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
	nameWidth  = 175
)

// bars returns a panel for each column that a row has a score in: a bar for each row,
// from 0, its value and difference beside it, and a line where the baseline ends.
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

func panel(r *ablate.Report, h head, scores []ablate.Score) (template.HTML, error) {
	n := len(scores)
	p := newPlot()
	p.HideX()
	p.X.Min, p.X.Max = 0, 0
	p.Y.Min, p.Y.Max, p.Y.Padding = -0.5, float64(n)-0.5, 0
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Tick.Label = sans(11, ink, draw.XRight, draw.YCenter)
	names := make(plot.ConstantTicks, n)
	said := make([]string, n)
	var notes []plot.Plotter // over bars and lines
	numbered := slices.ContainsFunc(r.Rows, func(row ablate.Row) bool { return p.Y.Tick.Label.Width(named(row.Name)) > nameWidth })
	for i := range scores {
		row := &r.Rows[i]
		y := float64(n - 1 - i) // the first row is on top
		name := named(row.Name)
		if numbered { // names cut short may be the same
			name = strconv.Itoa(i+1) + " " + name
		}
		name = clip(name, p.Y.Tick.Label, nameWidth)
		names[i] = plot.Tick{Value: y, Label: name}
		c := h.cell(row)
		said[i] = strings.TrimSpace(name + " " + c.Text)
		end := 0.0
		if scores[i].State == ablate.Scored {
			end = scores[i].Value
			p.Add(&plotter.BarChart{Values: plotter.Values{end}, Width: barWidth, Color: paintOf(r, i), XMin: y, Horizontal: true})
		}
		style := sans(10.5, ink, draw.XLeft, draw.YCenter)
		if scores[i].State != ablate.Scored {
			style.Color = muted
		}
		notes = append(notes, note(max(end, 0), y, c.Text, style, vg.Point{X: 5}))
		if c.Delta != "" {
			after := 10 + style.Width(c.Text)
			style.Color = muted
			notes = append(notes, note(max(end, 0), y, c.Delta, style, vg.Point{X: after}))
		}
	}
	p.Y.Tick.Marker = names
	if p.X.Max == p.X.Min { // all of them 0
		p.X.Max = p.X.Min + 1
	}
	top, bottom := float64(n)-0.5, -0.5
	p.Add(stroke(muted, 1, nil, plotter.XY{X: 0, Y: bottom}, plotter.XY{X: 0, Y: top}))
	if base, ok := r.Find(r.Baseline); ok && scores[base].State == ablate.Scored && n > 1 {
		x := scores[base].Value
		p.Add(stroke(ink, 0.8, []vg.Length{2, 2}, plotter.XY{X: x, Y: bottom}, plotter.XY{X: x, Y: top}))
	}
	p.Add(notes...)
	label := fmt.Sprintf("%s, per cent: %s", h.Name, strings.Join(said, "; "))
	return render(p, panelWidth, vg.Length(barPitch*n+4), label)
}

// paint returns the colour of a row's bar or point.
func paintOf(r *ablate.Report, i int) paint {
	if base, ok := r.Find(r.Baseline); ok && base == i {
		return accent
	}
	if r.Rows[i].Kind == ablate.KindModel {
		return other
	}
	return variant
}
