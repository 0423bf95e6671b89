package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// A point is a row in a chart of score against something.
type point struct {
	row    int
	x, y   float64 // x is positive
	low    float64 // ends of an interval of x, 0 without
	high   float64
	radius float64 // of its circle
	circle float64 // the radius as a share of the largest circle's, 0 for a mark
	paint  paint
	shape  shape
	label  string
}

// A line joins the variants of a grid that differ in one switch alone, or those of a front.
type line struct {
	name   string // the settings that they share
	points []int  // of the chart, by x
}

// A scatter is a chart of the rows' average against a positive x, on a log axis.
type scatter struct {
	points []point
	lines  []line
	joined string // what a line joins, in words
	front  bool   // the line is a front, whose points have names of their own
}

// scatterOf collects the rows that have an average and a positive x. There is no chart
// of fewer than two points, nor of one x.
func scatterOf(r *ablate.Report, x func(*ablate.Row) float64) *scatter {
	s, average := &scatter{}, r.Average()
	xs := map[float64]bool{}
	for i := range r.Rows {
		at, y := x(&r.Rows[i]), r.Rows[i].Score(average)
		if !(at > 0) || math.IsInf(at, 0) || y.State != ablate.Scored {
			continue
		}
		p := point{row: i, x: at, y: y.Value, radius: 4.5, paint: paintOf(r, i)}
		if r.Rows[i].Kind == ablate.KindModel {
			p.shape = square
		}
		s.points = append(s.points, p)
		xs[at] = true
	}
	if len(s.points) < 2 || len(xs) < 2 {
		return nil
	}
	return s
}

// join makes lines of the variants whose settings are the same but for one switch, in
// words; the base model's row is of another teacher.
func (s *scatter) join(r *ablate.Report, flag, words string) {
	s.joined = "variants that differ in " + words + " alone"
	var names []string
	members := map[string][]int{}
	for i, p := range s.points {
		row := &r.Rows[p.row]
		rest := slices.DeleteFunc(slices.Clone(row.Settings), func(set string) bool { return strings.HasPrefix(set, flag+"=") })
		if row.Kind == ablate.KindModel || row.Name == ablate.BaseModelOutput || len(rest) == len(row.Settings) {
			continue
		}
		name := strings.Join(rest, ", ")
		if members[name] == nil {
			names = append(names, name)
		}
		members[name] = append(members[name], i)
	}
	for _, name := range names {
		m := members[name]
		slices.SortStableFunc(m, func(a, b int) int { return order(s.points[a].x, s.points[b].x) })
		if s.points[m[0]].x != s.points[m[len(m)-1]].x {
			s.lines = append(s.lines, line{name: name, points: m})
		}
	}
	if len(s.lines) > lines {
		s.lines = nil // more than can be told apart
	}
}

func order(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// few is how many points can have their names beside them.
const few = 8

// pointLines is how many lines a point's label has at most.
const pointLines = 4

// pointLabel wraps a text beside a point.
func pointLabel(s string, width float64) string {
	return strings.Join(shorten(wrap(s, labelStyle(ink), width), labelStyle(ink), width, pointLines), "\n")
}

// label names the points: by the row's name if they are few, else a line by what its
// variants share, at its end, and other points by the number of the row in the table.
func (s *scatter) label(r *ablate.Report, f frame) {
	onLine := s.onLines()
	for k, l := range s.lines {
		for _, i := range l.points {
			s.points[i].paint, s.points[i].shape = series1+paint(k), shapes[k]
		}
	}
	names := labels(r, labelStyle(ink), f.label, pointLines)
	for i := range s.points {
		switch p := &s.points[i]; {
		case len(s.points) <= few:
			p.label = names[p.row]
		case !onLine[i] || s.front:
			p.label = strconv.Itoa(p.row + 1)
		}
	}
	if len(s.points) > few {
		for _, l := range s.lines {
			if l.name != "" {
				s.points[l.points[len(l.points)-1]].label = pointLabel(l.name, f.label)
			}
		}
	}
}

// onLines tells which points are on a line.
func (s *scatter) onLines() map[int]bool {
	on := map[int]bool{}
	for _, l := range s.lines {
		for _, i := range l.points {
			on[i] = true
		}
	}
	return on
}

// words says in the caption what lines and numbers are.
func (s *scatter) words() string {
	words := ""
	if len(s.lines) > 0 {
		words = " A line joins " + s.joined + "."
	}
	if len(s.points) > few && (s.front || len(s.onLines()) < len(s.points)) {
		words += " Numbers are those of the rows in the table."
	}
	return words
}

// draw renders the chart. format is that of the x axis's marks, which stand at the points
// themselves if exact is set; label is what a screen reader says.
func (s *scatter) draw(r *ablate.Report, f frame, xLabel string, format func(float64) string, exact bool, label string) template.HTML {
	s.label(r, f)
	for i, q := range s.points {
		if q.circle > 0 {
			s.points[i].radius = largest * min(1, f.w/540) * q.circle
		}
	}
	p := newChart()
	xs, ys := make([]float64, len(s.points)), make([]float64, len(s.points))
	var ends []float64
	for i, at := range s.points {
		xs[i], ys[i] = at.x, at.y
		if at.low > 0 {
			ends = append(ends, at.low, at.high)
		}
	}
	p.x.log, p.x.label = true, xLabel
	p.x.min, p.x.max = spread(append(ends, xs...))
	p.x.ticks = logTicks(p.x.min, p.x.max, f.gap(), format)
	if exact {
		p.x.ticks = atValues(xs, p.x.min, p.x.max, f.gap(), format)
	}
	scoreAxis(p, ys)
	p.y.label = r.Average() + ", per cent"
	for k, l := range s.lines {
		var at []spot
		for _, i := range l.points {
			at = append(at, spot{s.points[i].x, s.points[i].y})
		}
		p.stroke(series1+paint(k), 1.5, "", at...)
	}
	(&placed{p, s.points, s.lines}).add()
	return p.render(f.w, f.h, label)
}

// said is what a screen reader says of the points.
func (s *scatter) said(r *ablate.Report, what string, format func(float64) string) string {
	parts := make([]string, len(s.points))
	for i, p := range s.points {
		parts[i] = fmt.Sprintf("%s %s at %s", named(r.Rows[p.row].Name), decimals(p.y), format(p.x))
	}
	return what + ": " + strings.Join(parts, "; ")
}
