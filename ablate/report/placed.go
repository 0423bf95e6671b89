package report

import (
	"math"
	"slices"
)

// labelGap is between a point's circle and its label.
const labelGap = 5

func labelStyle(p paint) face { return face{size: 11, paint: p, align: start} }

// placed draws points and their labels, each where it covers neither a point nor a line
// nor another label.
type placed struct {
	chart  *chart
	points []point
	lines  []line
}

// add adds the points to the chart, which keeps the circles within it, and room for labels at
// its right.
func (l *placed) add() {
	for _, q := range l.points {
		n := need{x: q.x, y: q.y, left: q.radius, above: q.radius, right: q.radius, below: q.radius}
		if q.label != "" {
			n.right += labelGap + labelStyle(ink).width(q.label)
		}
		l.chart.needs = append(l.chart.needs, n)
	}
	l.chart.add(l.draw)
}

// draw draws circles largest first, then labels from the top down.
func (l *placed) draw(c *canvas) {
	at := make([]spot, len(l.points))
	taken := make([]box, len(l.points))
	bySize := make([]int, len(l.points))
	within := l.chart.area // and the room that the labels need
	for i, q := range l.points {
		at[i] = l.chart.at(q.x, q.y)
		taken[i] = around(at[i], q.radius, q.radius)
		bySize[i] = i
		within.max.x = max(within.max.x, at[i].x+q.radius+labelGap+labelStyle(ink).width(q.label)+0.01)
	}
	for _, line := range l.lines {
		for k := 1; k < len(line.points); k++ {
			taken = append(taken, along(at[line.points[k-1]], at[line.points[k]])...)
		}
	}
	slices.SortStableFunc(bySize, func(a, b int) int { return order(l.points[b].radius, l.points[a].radius) })
	for _, i := range bySize {
		l.points[i].drawAt(c, at[i])
	}
	for i, q := range l.points {
		if q.low > 0 {
			low, high := l.chart.at(q.low, q.y), l.chart.at(q.high, q.y)
			c.interval(q.paint, 1.5, low, high, 3)
			taken = append(taken, around(at[i], max(at[i].x-low.x, high.x-at[i].x)+2, 4))
		}
	}
	fromTop := slices.Clone(bySize)
	slices.SortStableFunc(fromTop, func(a, b int) int { return order(at[a].y, at[b].y) })
	for _, i := range fromTop {
		if l.points[i].label == "" {
			continue
		}
		room, ok := place(at[i], l.points[i], taken, i, within)
		if !ok {
			continue // the table has it; a label over another would hide both
		}
		middle := (room.min.y + room.max.y) / 2
		if math.Abs(middle-at[i].y) > 15+l.points[i].radius {
			end := room.min.x - 2
			if room.max.x < at[i].x {
				end = room.max.x + 2
			}
			c.line(muted, 0.5, "", at[i], spot{end, middle})
		}
		c.text(labelStyle(ink), spot{room.min.x, middle}, l.points[i].label)
		taken = append(taken, room)
	}
}

// drawAt draws the point: a large circle as an outline around a soft fill, so that what
// is under it still shows.
func (q point) drawAt(c *canvas, at spot) {
	if q.radius <= 5 {
		c.mark(q.shape, q.paint, at, q.radius)
		return
	}
	c.disc(soft, at, q.radius)
	c.circle(q.paint, 1.3, at, q.radius)
	c.mark(q.shape, q.paint, at, 2)
}

// place finds room for a point's label: beside it, above, below, then further up and
// down, to the right before the left.
func place(at spot, q point, taken []box, self int, within box) (box, bool) {
	w := labelStyle(ink).width(q.label)
	half := 5.5*float64(lineCount(q.label)) + 1
	side := q.radius + labelGap
	up := q.radius + half + 2
	// Left ends and middles, relative to the point.
	tries := []spot{{side, 0}, {-side - w, 0}, {-w / 2, -up}, {-w / 2, up}}
	for d := 4.0; d <= 96; d += 4 {
		for _, x := range []float64{side, -side - w} {
			tries = append(tries, spot{x, -d}, spot{x, d})
		}
	}
	for _, try := range tries {
		room := box{min: spot{at.x + try.x, at.y + try.y - half}}
		room.max = spot{room.min.x + w, room.min.y + 2*half}
		if room.min.x < within.min.x || room.max.x > within.max.x || room.max.y > within.max.y || room.min.y < within.min.y-8 {
			continue
		}
		free := true
		for k, t := range taken {
			if k != self && room.min.x < t.max.x && t.min.x < room.max.x && room.min.y < t.max.y && t.min.y < room.max.y {
				free = false
				break
			}
		}
		if free {
			return room, true
		}
	}
	return box{}, false
}

// along covers a line with small boxes.
func along(a, b spot) []box {
	n := int(math.Hypot(b.x-a.x, b.y-a.y)/4) + 1
	out := make([]box, n)
	for i := range out {
		f := float64(i+1) / float64(n+1)
		out[i] = around(spot{a.x + f*(b.x-a.x), a.y + f*(b.y-a.y)}, 2, 2)
	}
	return out
}
