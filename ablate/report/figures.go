package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// Of the charts, CSS pixels.
const (
	largest    = 26 // radius of the largest circle
	claimPitch = 26
)

// sizes returns the charts of score against dimensions and against bytes, those that
// have two points apart.
func sizes(r *ablate.Report) []figure {
	var out []figure
	for _, c := range []struct {
		what, axis string
		x          func(*ablate.Row) float64
		format     func(float64) string
		exact      bool
	}{
		{"dimensions", "dimensions (log scale)", func(row *ablate.Row) float64 { return float64(row.Dims) }, whole, true},
		{"size", "size of the rows (log scale)", func(row *ablate.Row) float64 { return float64(row.Bytes) }, func(x float64) string { return strings.Replace(size(int64(x)), ".0 ", " ", 1) }, false},
	} {
		s := scatterOf(r, c.x)
		if s == nil {
			continue
		}
		s.join(r, "pca-dims", "dimensions")
		one := framed(func(f frame) template.HTML {
			return s.draw(r, f, c.axis, c.format, c.exact, s.said(r, "Average score against "+c.what, c.format))
		})
		one.Caption = "Average score against " + c.what + "." + s.words()
		out = append(out, one)
	}
	return out
}

// speeds returns the chart of score against speed, of two speeds or more: the published
// figure's form, with circles whose area is proportional to the parameters.
func speeds(r *ablate.Report) []figure {
	s := scatterOf(r, func(row *ablate.Row) float64 { return row.Speed })
	if s == nil {
		return nil
	}
	most := int64(0)
	for _, p := range s.points {
		most = max(most, r.Rows[p.row].Parameters)
	}
	for i, p := range s.points {
		if n := r.Rows[p.row].Parameters; n > 0 {
			s.points[i].circle = math.Sqrt(float64(n) / float64(most))
		}
		if row := &r.Rows[p.row]; row.SpeedLow > 0 && finite(row.SpeedHigh) {
			s.points[i].low, s.points[i].high = row.SpeedLow, row.SpeedHigh
		}
	}
	one := framedFull(func(f frame) template.HTML {
		return s.draw(r, f, "texts a second (log scale)", whole, false, s.said(r, "Average score against texts a second", whole))
	})
	caption := "Average score against speed."
	if most > 0 {
		caption += " A circle's area is proportional to the number of parameters; the largest is of " + strings.Replace(millions(most), " ", "\u00a0", 1) + "."
	}
	one.Caption = caption + " A bar through its middle spans the rounds." + s.words() + " " + speedNote
	return []figure{one}
}

// whole formats dimensions and speeds.
func whole(x float64) string {
	if x < 10 && x != math.Trunc(x) {
		return fmt.Sprintf("%.2g", x)
	}
	return grouped(int(math.Round(x)))
}

// intervals returns the chart of the claims: a line for each interval, a dot for the
// difference, filled if it is held, and a diamond for the published difference.
func intervals(r *ablate.Report) []figure {
	if len(r.Claims) == 0 {
		return nil
	}
	one := framedFull(func(f frame) template.HTML { return drawClaims(r, f) })
	one.Caption = "Differences with 95\u00a0% intervals. A filled dot is a difference that is held, a hollow dot a difference that is not; diamonds are the published differences."
	return []figure{one}
}

func drawClaims(r *ablate.Report, f frame) template.HTML {
	n := len(r.Claims)
	p := newChart()
	p.x.label, p.x.grid, p.x.bare = "difference, points", true, true
	p.y.min, p.y.max = -0.6, float64(n)-0.4
	p.y.face = face{size: 11, paint: ink, align: end}
	for _, c := range r.Claims {
		p.x.min, p.x.max = min(p.x.min, c.Low, c.Published), max(p.x.max, c.High, c.Published)
	}
	room := max(0.05*(p.x.max-p.x.min), 0.1)
	p.x.min, p.x.max = p.x.min-room, p.x.max+room
	p.x.ticks = linearTicks(p.x.min, p.x.max)
	p.stroke(muted, 1, "", spot{0, p.y.min}, spot{0, p.y.max})
	said, names := make([]string, n), make([]string, n)
	width := f.w / 3
	for i, c := range r.Claims {
		y := float64(n - 1 - i)
		names[i] = strings.Join(shorten(wrap(c.Name+", "+strings.TrimPrefix(c.Basis, "AvgAll."), p.y.face, width), p.y.face, width, 4), "\n")
		p.y.ticks = append(p.y.ticks, tick{y, names[i]})
		said[i] = fmt.Sprintf("%s by %s %s, %s, %s", oneLine(c.Name), c.Basis, signed(c.Difference), bounds(c), verdict(c))
		p.add(func(to *canvas) { drawClaim(to, p, c, y) })
		p.note(p.x.max, y, verdict(c), face{size: 10.5, paint: ink, align: start}, 8)
	}
	pitch := max(claimPitch, 8+11*lineCount(names...))
	return p.render(f.w, float64(pitch*n+48), "Published claims: "+strings.Join(said, "; "))
}

// drawClaim draws a claim's interval, its difference and the published one, the difference
// over the others.
func drawClaim(to *canvas, p *chart, c ablate.Claim, y float64) {
	col := variant
	if c.Held {
		col = accent
	}
	low, high, at := p.at(c.Low, y), p.at(c.High, y), p.at(c.Difference, y)
	to.interval(col, 2, low, high, 4)
	if c.Published != 0 {
		x := p.at(c.Published, y).x
		to.line(other, 1.8, "", spot{x - 5, at.y}, spot{x, at.y + 5}, spot{x + 5, at.y}, spot{x, at.y - 5}, spot{x - 5, at.y})
	}
	to.disc(col, at, 5.5)
	if !c.Held {
		to.disc(page, at, 3.5)
	}
}
