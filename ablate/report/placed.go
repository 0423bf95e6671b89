package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// labelGap is between a point's circle and its label.
const labelGap = 5

func labelStyle(p paint) text.Style { return sans(11, p, draw.XLeft, draw.YCenter) }

// placed draws points and their labels, each where it covers neither a point nor a line
// nor another label; the library's own labels know nothing of each other.
type placed struct {
	points []point
	lines  []line
}

// Plot draws circles largest first, then labels from the top down.
func (l *placed) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	at := make([]vg.Point, len(l.points))
	taken := make([]vg.Rectangle, len(l.points))
	bySize := make([]int, len(l.points))
	for i, q := range l.points {
		at[i] = vg.Point{X: trX(q.x), Y: trY(q.y)}
		taken[i] = around(at[i], q.radius, q.radius)
		bySize[i] = i
	}
	for _, line := range l.lines {
		for k := 1; k < len(line.points); k++ {
			taken = append(taken, along(at[line.points[k-1]], at[line.points[k]])...)
		}
	}
	within := c.Rectangle // and the room that GlyphBoxes asked for
	for i, q := range l.points {
		within.Max.X = max(within.Max.X, at[i].X+q.radius+labelGap+labelStyle(ink).Width(q.label)+0.01)
	}
	slices.SortStableFunc(bySize, func(a, b int) int { return order(float64(l.points[b].radius), float64(l.points[a].radius)) })
	for _, i := range bySize {
		l.points[i].drawAt(&c, at[i])
	}
	for i, q := range l.points {
		if q.low > 0 {
			style := draw.LineStyle{Color: q.paint, Width: 1.5}
			c.StrokeLine2(style, trX(q.low), at[i].Y, trX(q.high), at[i].Y)
			for _, end := range []vg.Length{trX(q.low), trX(q.high)} {
				c.StrokeLine2(style, end, at[i].Y-3, end, at[i].Y+3)
			}
			taken = append(taken, around(at[i], max(at[i].X-trX(q.low), trX(q.high)-at[i].X)+2, 4))
		}
	}
	fromTop := slices.Clone(bySize)
	slices.SortStableFunc(fromTop, func(a, b int) int { return order(float64(at[b].Y), float64(at[a].Y)) })
	for _, i := range fromTop {
		if l.points[i].label == "" {
			continue
		}
		box, ok := place(at[i], l.points[i], taken, i, within)
		if !ok {
			continue // the table has it; a label over another would hide both
		}
		style := labelStyle(ink)
		middle := (box.Min.Y + box.Max.Y) / 2
		if d := middle - at[i].Y; d > 15+l.points[i].radius || -d > 15+l.points[i].radius {
			end := vg.Point{X: box.Min.X - 2, Y: middle}
			if box.Max.X < at[i].X {
				end.X = box.Max.X + 2
			}
			c.StrokeLine2(draw.LineStyle{Color: muted, Width: 0.5}, at[i].X, at[i].Y, end.X, end.Y)
		}
		c.FillText(style, vg.Point{X: box.Min.X, Y: middle + style.FontExtents().Descent}, l.points[i].label)
		taken = append(taken, box)
	}
}

// drawAt draws the point: a large circle as an outline around a soft fill, so that what
// is under it still shows.
func (q point) drawAt(c *draw.Canvas, at vg.Point) {
	style := draw.GlyphStyle{Color: q.paint, Radius: q.radius, Shape: q.shape}
	if q.radius > 5 {
		style.Color, style.Shape = soft, draw.CircleGlyph{}
		c.DrawGlyphNoClip(style, at)
		var ring vg.Path
		ring.Move(vg.Point{X: at.X + q.radius, Y: at.Y})
		ring.Arc(at, q.radius, 0, 2*math.Pi)
		ring.Close()
		c.SetLineStyle(draw.LineStyle{Color: q.paint, Width: 1.3})
		c.Stroke(ring)
		style.Color, style.Radius = q.paint, 2
	}
	c.DrawGlyphNoClip(style, at)
}

// place finds room for a point's label: beside it, above, below, then further up and
// down, to the right before the left.
func place(at vg.Point, q point, taken []vg.Rectangle, self int, within vg.Rectangle) (vg.Rectangle, bool) {
	style := labelStyle(ink)
	w := style.Width(q.label)
	half := vg.Length(5.5*float64(lineCount(q.label)) + 1)
	side := q.radius + labelGap
	up := q.radius + half + 2
	var tries []vg.Point // lower left corners' X and middles' Y, relative to the point
	tries = append(tries, vg.Point{X: side}, vg.Point{X: -side - w}, vg.Point{X: -w / 2, Y: up}, vg.Point{X: -w / 2, Y: -up})
	for d := vg.Length(4); d <= 96; d += 4 {
		for _, x := range []vg.Length{side, -side - w} {
			tries = append(tries, vg.Point{X: x, Y: d}, vg.Point{X: x, Y: -d})
		}
	}
	for _, try := range tries {
		box := vg.Rectangle{Min: vg.Point{X: at.X + try.X, Y: at.Y + try.Y - half}}
		box.Max = vg.Point{X: box.Min.X + w, Y: box.Min.Y + 2*half}
		if box.Min.X < within.Min.X || box.Max.X > within.Max.X || box.Min.Y < within.Min.Y || box.Max.Y > within.Max.Y+8 {
			continue
		}
		free := true
		for k, t := range taken {
			if k != self && box.Min.X < t.Max.X && t.Min.X < box.Max.X && box.Min.Y < t.Max.Y && t.Min.Y < box.Max.Y {
				free = false
				break
			}
		}
		if free {
			return box, true
		}
	}
	return vg.Rectangle{}, false
}

// along covers a line with small rectangles.
func along(a, b vg.Point) []vg.Rectangle {
	n := int(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y))/4) + 1
	out := make([]vg.Rectangle, n)
	for i := range out {
		f := vg.Length(i+1) / vg.Length(n+1)
		out[i] = around(vg.Point{X: a.X + f*(b.X-a.X), Y: a.Y + f*(b.Y-a.Y)}, 2, 2)
	}
	return out
}

// around is the rectangle of 2w×2h about a point.
func around(at vg.Point, w, h vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: at.X - w, Y: at.Y - h}, Max: vg.Point{X: at.X + w, Y: at.Y + h}}
}

// GlyphBoxes keeps the circles within the chart, and room for labels at its right.
func (l *placed) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	boxes := make([]plot.GlyphBox, len(l.points))
	for i, q := range l.points {
		box := around(vg.Point{}, q.radius, q.radius)
		if q.label != "" {
			box.Max.X += labelGap + labelStyle(ink).Width(q.label)
		}
		boxes[i] = plot.GlyphBox{X: p.X.Norm(q.x), Y: p.Y.Norm(q.y), Rectangle: box}
	}
	return boxes
}
