package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/m2v-dev/m2v/ablate"
)

// Of the charts, CSS pixels.
const (
	largest    = 26 // radius of the largest circle
	claimPitch = 26
)

// sizes returns the charts of score against dimensions and against bytes, those that
// have two points apart.
func sizes(r *ablate.Report) ([]figure, error) {
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
		one, err := framed(half, func(f frame) (template.HTML, error) {
			return s.draw(r, f, c.axis, c.format, c.exact, s.said(r, "Average score against "+c.what, c.format))
		})
		if err != nil {
			return nil, err
		}
		one.Caption = "Average score against " + c.what + "." + s.words()
		out = append(out, one)
	}
	return out, nil
}

// speeds returns the chart of score against speed, of two speeds or more: the published
// figure's form, with circles whose area is proportional to the parameters.
func speeds(r *ablate.Report) ([]figure, error) {
	s := scatterOf(r, func(row *ablate.Row) float64 { return row.Speed })
	if s == nil {
		return nil, nil
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
	one, err := framed(full, func(f frame) (template.HTML, error) {
		return s.draw(r, f, "texts a second (log scale)", whole, false, s.said(r, "Average score against texts a second", whole))
	})
	if err != nil {
		return nil, err
	}
	caption := "Average score against speed."
	if most > 0 {
		caption += " A circle's area is proportional to the number of parameters; the largest is of " + strings.Replace(millions(most), " ", "\u00a0", 1) + "."
	}
	one.Caption = caption + " A bar through its middle spans the rounds." + s.words() + " " + speedNote
	return []figure{one}, nil
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
func intervals(r *ablate.Report) ([]figure, error) {
	if len(r.Claims) == 0 {
		return nil, nil
	}
	one, err := framed(full, func(f frame) (template.HTML, error) { return drawClaims(r, f) })
	one.Caption = "Differences with 95\u00a0% intervals. A filled dot is a difference that is held, a hollow dot a difference that is not; diamonds are the published differences."
	return []figure{one}, err
}

func drawClaims(r *ablate.Report, f frame) (template.HTML, error) {
	n := len(r.Claims)
	p := newPlot()
	p.X.Label.Text = "difference, points"
	p.Y.Min, p.Y.Max, p.Y.Padding = -0.6, float64(n)-0.4, 0
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Tick.Label = sans(11, ink, draw.XRight, draw.YCenter)
	p.X.Min, p.X.Max = 0, 0
	for _, c := range r.Claims {
		p.X.Min, p.X.Max = min(p.X.Min, c.Low, c.Published), max(p.X.Max, c.High, c.Published)
	}
	room := max(0.05*(p.X.Max-p.X.Min), 0.1)
	p.X.Min, p.X.Max = p.X.Min-room, p.X.Max+room
	p.X.Tick.Marker = linearTicks(p.X.Min, p.X.Max)
	grid := plotter.NewGrid()
	grid.Horizontal.Width, grid.Vertical = 0, draw.LineStyle{Color: faint, Width: 1}
	p.Add(grid, stroke(muted, 1, nil, plotter.XY{X: 0, Y: p.Y.Min}, plotter.XY{X: 0, Y: p.Y.Max}))
	ticks := make(plot.ConstantTicks, n)
	said, names := make([]string, n), make([]string, n)
	width := f.w / 3
	for i, c := range r.Claims {
		y := float64(n - 1 - i)
		names[i] = strings.Join(shorten(wrap(c.Name+", "+strings.TrimPrefix(c.Basis, "AvgAll."), p.Y.Tick.Label, width), p.Y.Tick.Label, width, 4), "\n")
		ticks[i] = plot.Tick{Value: y, Label: names[i]}
		said[i] = fmt.Sprintf("%s by %s %s, %s, %s", oneLine(c.Name), c.Basis, signed(c.Difference), bounds(c), verdict(c))
		p.Add(&claimMark{c, y})
		p.Add(note(p.X.Max, y, verdict(c), sans(10.5, ink, draw.XLeft, draw.YCenter), vg.Point{X: 8}))
	}
	p.Y.Tick.Marker = ticks
	pitch := max(claimPitch, 8+11*lineCount(names...))
	return render(p, f.w, vg.Length(pitch*n+48), "Published claims: "+strings.Join(said, "; "))
}

// claimMark draws a claim's interval, difference and published difference.
type claimMark struct {
	ablate.Claim
	y float64
}

// Plot draws the marks, the difference over the others.
func (m *claimMark) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	y := trY(m.y)
	col := variant
	if m.Held {
		col = accent
	}
	c.StrokeLine2(draw.LineStyle{Color: col, Width: 2}, trX(m.Low), y, trX(m.High), y)
	for _, end := range []float64{m.Low, m.High} {
		c.StrokeLine2(draw.LineStyle{Color: col, Width: 2}, trX(end), y-4, trX(end), y+4)
	}
	if m.Published != 0 {
		x := trX(m.Published)
		c.StrokeLines(draw.LineStyle{Color: other, Width: 1.8}, []vg.Point{{X: x - 5, Y: y}, {X: x, Y: y + 5}, {X: x + 5, Y: y}, {X: x, Y: y - 5}, {X: x - 5, Y: y}})
	}
	at := vg.Point{X: trX(m.Difference), Y: y}
	c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: 5.5, Shape: draw.CircleGlyph{}}, at)
	if !m.Held {
		c.DrawGlyph(draw.GlyphStyle{Color: page, Radius: 3.5, Shape: draw.CircleGlyph{}}, at)
	}
}
