package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
)

// A figure is a chart for the page.
type figure struct {
	SVG     template.HTML
	Narrow  template.HTML // the same chart for a phone; "" if SVG may be shrunk
	Caption string
}

// A frame is the size of a chart and of the labels in it, CSS pixels.
type frame struct {
	w, h  float64
	label float64 // the widest line of a label
}

// Each chart is drawn for a wide page and for a phone: shrunk to a phone's width, its text
// could not be read.
var (
	half = [2]frame{{570, 340, 170}, {350, 330, 96}} // two stand side by side
	full = [2]frame{{860, 420, 170}, {350, 400, 96}}
)

// gap is the least distance of ticks on the x axis, as a share of it: their labels do not
// run into each other.
func (f frame) gap() float64 { return 75 / f.w }

// framed draws a chart for both frames.
func framed(draw func(f frame) template.HTML) figure {
	return figure{SVG: draw(half[0]), Narrow: draw(half[1])}
}

// framedFull is framed of a chart that has the page's width.
func framedFull(draw func(f frame) template.HTML) figure {
	return figure{SVG: draw(full[0]), Narrow: draw(full[1])}
}

// A chart is an area of data with an axis at its left and one below it. What is drawn in it
// is added first and drawn by render, when the room that everything needs is known.
type chart struct {
	x, y axis
	area box // of the data; known to what is drawn

	needs []need
	draws []func(*canvas)
}

// An axis has ticks with labels. Its zero value, with no ticks, is not drawn.
type axis struct {
	min, max float64
	log      bool
	label    string
	ticks    []tick
	face     face // of the ticks' labels
	bare     bool // neither a line nor marks at the ticks
	grid     bool // a line across the chart at each tick
}

type tick struct {
	value float64
	label string
}

// norm returns where a value is on the axis, from 0 to 1.
func (a *axis) norm(v float64) float64 {
	if a.log {
		return math.Log(v/a.min) / math.Log(a.max/a.min)
	}
	return (v - a.min) / (a.max - a.min)
}

// A need is room about a point of the data, in pixels: left of it, above, right and below.
type need struct {
	x, y                      float64
	left, above, right, below float64
	loose                     bool // may lie over the labels of the axes
}

// Of the axes, CSS pixels.
const (
	tickLength = 4
	labelSpace = 6  // between a tick and its label
	labelRoom  = 18 // of an axis's name
)

func newChart() *chart {
	small := face{size: 10.5, paint: muted}
	return &chart{x: axis{face: small.aligned(middle)}, y: axis{face: small.aligned(end)}}
}

// add adds what draws with the chart laid out.
func (p *chart) add(draw func(*canvas)) { p.draws = append(p.draws, draw) }

// at returns where a point of the data is.
func (p *chart) at(x, y float64) spot {
	return spot{p.area.min.x + p.x.norm(x)*(p.area.max.x-p.area.min.x), p.area.max.y - p.y.norm(y)*(p.area.max.y-p.area.min.y)}
}

// stroke adds a line through points of the data.
func (p *chart) stroke(of paint, width float64, dashes string, points ...spot) {
	p.add(func(c *canvas) {
		at := make([]spot, len(points))
		for i, q := range points {
			at[i] = p.at(q.x, q.y)
		}
		c.line(of, width, dashes, at...)
	})
}

// note adds a line of text so many pixels to the right of a point of the data.
func (p *chart) note(x, y float64, s string, f face, dx float64) {
	right := dx
	if f.align == start {
		right += f.width(s)
	}
	p.needs = append(p.needs, need{x: x, y: y, right: right})
	p.add(func(c *canvas) {
		at := p.at(x, y)
		c.text(f, spot{at.x + dx, at.y}, s)
	})
}

// render draws the chart in w×h CSS pixels as an SVG element that shrinks with the page.
// label is what a screen reader says of it.
func (p *chart) render(w, h float64, label string) template.HTML {
	p.layOut(w, h)
	c := &canvas{}
	fmt.Fprintf(c, `<svg class="chart" width="%g" height="%g" viewBox="0 0 %g %g" role="img" aria-label="%s">`+"\n", w, h, w, h, html.EscapeString(label))
	p.drawX(c, h)
	p.drawY(c)
	for _, draw := range p.draws {
		draw(c)
	}
	c.WriteString("</svg>")
	return template.HTML(c.String())
}

// layOut finds the area of the data: what the axes and the needs leave.
func (p *chart) layOut(w, h float64) {
	left, below, wide := 1.0, 1.0, 0.0
	for _, t := range p.y.ticks {
		wide = max(wide, p.y.face.width(t.label)+labelSpace)
		p.needs = append(p.needs, need{x: p.x.min, y: t.value, above: p.y.face.size / 2, below: p.y.face.size / 2, loose: true})
	}
	left += wide
	if p.y.label != "" {
		left += labelRoom
	}
	lines := 0
	for _, t := range p.x.ticks {
		lines = max(lines, lineCount(t.label))
		room := p.x.face.width(t.label) / 2
		p.needs = append(p.needs, need{x: t.value, y: p.y.min, left: room, right: room, loose: true})
	}
	if lines > 0 {
		below += tickLength + labelSpace + float64(lines)*p.x.face.pitch()
	}
	if p.x.label != "" {
		below += labelRoom
	}
	p.area.min.x, p.area.max.x = ends(w, left, 1, p.needs, func(n need) (float64, float64, float64) { return p.x.norm(n.x), n.left, n.right })
	p.area.min.y, p.area.max.y = ends(h, 1, below, p.needs, func(n need) (float64, float64, float64) { return 1 - p.y.norm(n.y), n.above, n.below })
}

// ends returns the ends of the data along one side of the chart, of which margins are taken:
// of says where a need is between them, from 0 to 1, and the room before and after it.
func ends(length, before, after float64, needs []need, of func(need) (at, before, after float64)) (low, high float64) {
	low, high = before, length-after
	for range 8 { // the room needed at an end depends on how long the rest is
		width, first, last := high-low, before, length-after
		for _, n := range needs {
			at, left, right := of(n)
			edges := [2]float64{before, length - after}
			if n.loose {
				edges = [2]float64{0, length}
			}
			first, last = max(first, edges[0]+left-at*width), min(last, edges[1]-right+(1-at)*width)
		}
		low, high = first, max(last, first+1)
	}
	return low, high
}

func (p *chart) drawX(c *canvas, h float64) {
	low, high, y := p.area.min.x, p.area.max.x, p.area.max.y
	for _, t := range p.x.ticks {
		at := low + p.x.norm(t.value)*(high-low)
		if p.x.grid {
			c.line(faint, 1, "", spot{at, p.area.min.y}, spot{at, y})
		}
		if !p.x.bare {
			c.line(muted, 0.5, "", spot{at, y}, spot{at, y + tickLength})
		}
		c.text(p.x.face, spot{at, y + labelSpace + float64(lineCount(t.label))*p.x.face.pitch()/2}, t.label)
	}
	if len(p.x.ticks) > 0 && !p.x.bare {
		c.line(muted, 0.5, "", spot{low, y}, spot{high, y})
	}
	if p.x.label != "" {
		c.text(face{size: 11, paint: muted, align: middle}, spot{(low + high) / 2, h - 7}, p.x.label)
	}
}

func (p *chart) drawY(c *canvas) {
	for _, t := range p.y.ticks {
		at := p.area.max.y - p.y.norm(t.value)*(p.area.max.y-p.area.min.y)
		if p.y.grid {
			c.line(faint, 1, "", spot{p.area.min.x, at}, spot{p.area.max.x, at})
		}
		c.text(p.y.face, spot{p.area.min.x - labelSpace, at}, t.label)
	}
	if p.y.label != "" {
		c.upright(face{size: 11, paint: muted, align: middle}, spot{8, (p.area.min.y + p.area.max.y) / 2}, p.y.label)
	}
}
