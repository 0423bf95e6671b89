package report

import (
	"fmt"
	"html/template"
	"strings"

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
func bars(r *ablate.Report) []figure {
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
		out = append(out, figure{SVG: panel(r, h, scores), Caption: h.Name})
	}
	return out
}

// panel draws the bars of a column. Their values stand in two columns at the right: text
// beside a bar would be crossed by the baseline's line.
func panel(r *ablate.Report, h head, scores []ablate.Score) template.HTML {
	n := len(scores)
	p := newChart()
	p.y.min, p.y.max = -0.5, float64(n)-0.5
	p.y.face = face{size: 11, paint: ink, align: end}
	names := labels(r, p.y.face, nameWidth, nameLines)
	said := make([]string, n)
	for i, score := range scores {
		y := float64(n - 1 - i) // the first row is on top
		p.y.ticks = append(p.y.ticks, tick{y, names[i]})
		said[i] = strings.TrimSpace(named(r.Rows[i].Name) + " " + h.cell(&r.Rows[i]).Text)
		if score.State == ablate.Scored {
			p.x.min, p.x.max = min(p.x.min, score.Value), max(p.x.max, score.Value)
			p.add(func(c *canvas) {
				from, to := p.at(0, y), p.at(score.Value, y)
				c.fill(paintOf(r, i), spot{from.x, from.y - barWidth/2}, spot{to.x, from.y - barWidth/2}, spot{to.x, from.y + barWidth/2}, spot{from.x, from.y + barWidth/2})
			})
		}
	}
	if p.x.max == p.x.min { // all of them 0
		p.x.max = p.x.min + 1
	}
	top, bottom := float64(n)-0.5, -0.5
	p.stroke(muted, 1, "", spot{0, bottom}, spot{0, top})
	if base, ok := r.Find(r.Baseline); ok && scores[base].State == ablate.Scored && n > 1 {
		x := scores[base].Value
		p.stroke(ink, 0.8, "2,2", spot{x, bottom}, spot{x, top})
	}
	values(p, r, h)
	label := fmt.Sprintf("%s, per cent: %s", h.Name, strings.Join(said, "; "))
	pitch := max(barPitch, 5+11*lineCount(names...))
	return p.render(panelWidth, float64(pitch*n+4), label)
}

// values adds the scores and differences beside the bars, right-aligned after the longest;
// the best variant's is bold.
func values(p *chart, r *ablate.Report, h head) {
	plain, small := face{size: 10.5, paint: ink, align: end}, face{size: 10.5, paint: muted, align: end}
	bold := plain
	bold.bold = true
	best := h.best(r)
	cells := make([]cell, len(r.Rows))
	var wide, wideDelta float64
	for i := range cells {
		cells[i] = h.cell(&r.Rows[i])
		wide, wideDelta = max(wide, bold.width(cells[i].Text)), max(wideDelta, small.width(cells[i].Delta))
	}
	for i, c := range cells {
		y := float64(len(cells) - 1 - i)
		style := plain
		switch {
		case best[i]:
			style = bold
		case c.Class == "failed" || c.Class == "absent":
			style = small
		}
		p.note(p.x.max, y, c.Text, style, 6+wide)
		if c.Delta != "" {
			p.note(p.x.max, y, c.Delta, small, 12+wide+wideDelta)
		}
	}
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
