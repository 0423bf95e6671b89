package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// A gridRow is a row of the report that is a combination of the grid's values.
type gridRow struct {
	row int
	at  []int // for each axis, the index of its value
}

// gridRows returns the rows of the grid, in the report's order.
func gridRows(r *ablate.Report) []gridRow {
	var out []gridRow
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Kind == ablate.KindModel || len(r.Grid) == 0 || len(row.Settings) != len(r.Grid) {
			continue
		}
		at := make([]int, len(r.Grid))
		for k, axis := range r.Grid {
			at[k] = slices.IndexFunc(axis.Values, func(v string) bool { return row.Settings[k] == axis.Flag+"="+v })
		}
		if !slices.Contains(at, -1) {
			out = append(out, gridRow{i, at})
		}
	}
	return out
}

// others says what a row of the grid has on all axes but one, "" if there is no other.
func (g gridRow) others(r *ablate.Report, but int) string {
	var list []string
	for k, axis := range r.Grid {
		if k != but {
			list = append(list, axis.Flag+"="+axis.Values[g.at[k]])
		}
	}
	return strings.Join(list, ", ")
}

// A series is the scores of one axis's values where all others stay as they are.
type series struct {
	name   string
	points []spot // x is the index of the value
	best   float64
}

// seriesOf returns a line for each combination of the other axes, in the report's order.
func seriesOf(r *ablate.Report, axis int) []series {
	var out []series
	average := r.Average()
	for _, g := range gridRows(r) {
		score := r.Rows[g.row].Score(average)
		if score.State != ablate.Scored {
			continue
		}
		name := g.others(r, axis)
		i := slices.IndexFunc(out, func(s series) bool { return s.name == name })
		if i < 0 {
			out, i = append(out, series{name: name, best: score.Value}), len(out)
		}
		s := &out[i]
		s.points = append(s.points, spot{float64(g.at[axis]), score.Value})
		s.best = max(s.best, score.Value)
	}
	for _, s := range out { // a grid given in another order than its values
		slices.SortStableFunc(s.points, func(a, b spot) int { return order(a.x, b.x) })
	}
	return slices.DeleteFunc(out, func(s series) bool { return len(s.points) < 2 })
}

// gridLines returns a chart for each axis with two values or more: the score against
// the axis's values, a line for each combination of the others.
func gridLines(r *ablate.Report) []figure {
	var out []figure
	for k, axis := range r.Grid {
		all := seriesOf(r, k)
		if len(all) == 0 {
			continue
		}
		one := framed(func(f frame) template.HTML { return drawSeries(axis, all, r.Average(), f) })
		caption := "Average score against " + oneLine(axis.Flag)
		if len(r.Grid) > 1 {
			caption += ", a line for each combination of the other switches"
		}
		caption += "."
		if len(all) > lines {
			caption += " In colour: the combination with the highest score."
		}
		one.Caption = caption
		out = append(out, one)
	}
	return out
}

func drawSeries(axis ablate.Axis, all []series, average string, f frame) template.HTML {
	p := newChart()
	n := len(axis.Values)
	p.x.min, p.x.max = -0.15, float64(n-1)+0.15
	p.x.label = oneLine(axis.Flag)
	p.y.label = average + ", per cent"
	room := (f.w - 60 - f.label) / float64(n)
	for i, v := range axis.Values {
		p.x.ticks = append(p.x.ticks, tick{float64(i), strings.Join(shorten(wrap(v, p.x.face, room), p.x.face, room, 3), "\n")})
	}
	var scores []float64
	best := 0
	for i, s := range all {
		for _, at := range s.points {
			scores = append(scores, at.y)
		}
		if s.best > all[best].best {
			best = i
		}
	}
	scoreAxis(p, scores)
	marks := &placed{chart: p}
	for i, s := range all {
		colour, shape := muted, dot
		width, radius := 0.6, 2.0
		if len(all) <= lines || i == best {
			k := i
			if len(all) > lines {
				k = 0
			}
			colour, shape, width, radius = series1+paint(k), shapes[k], 1.6, 4
		}
		p.stroke(colour, width, "", s.points...)
		l := line{}
		for j, at := range s.points {
			q := point{x: at.x, y: at.y, radius: radius, paint: colour, shape: shape}
			if j == len(s.points)-1 && (len(all) <= lines || i == best) {
				q.label = pointLabel(s.name, f.label)
			}
			if s.name == "" {
				q.label = ""
			}
			l.points = append(l.points, len(marks.points))
			marks.points = append(marks.points, q)
		}
		marks.lines = append(marks.lines, l)
	}
	marks.add()
	said := make([]string, len(all))
	for i, s := range all {
		var list []string
		for _, at := range s.points {
			list = append(list, oneLine(axis.Values[int(at.x)])+" "+decimals(at.y))
		}
		said[i] = strings.TrimSpace(oneLine(s.name) + ": " + strings.Join(list, ", "))
	}
	return p.render(f.w, f.h, fmt.Sprintf("%s against %s. %s", average, oneLine(axis.Flag), strings.Join(said, "; ")))
}
