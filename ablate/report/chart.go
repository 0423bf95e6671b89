package report

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A paint is a colour by its role. Which colour that is, the page's style says: one in
// light, another in dark and in print.
type paint uint8

const (
	ink     paint = iota + 1 // text
	muted                    // axes, numbers of less weight
	faint                    // grid lines
	accent                   // the baseline, and what is held
	variant                  // bars and points of the other variants
	other                    // other models
	soft                     // within a circle
	page                     // the background
	series1                  // lines of a grid, six of them
)

const lines = 6 // paints from series1 on

// RGBA makes a paint a color.Color of its own, #0102NN, that inline finds again. Half a
// step is added because vgsvg rounds down.
func (p paint) RGBA() (r, g, b, a uint32) {
	step := func(n uint32) uint32 { return 257*n + 128 }
	return step(1), step(2), step(uint32(p)), 0xffff
}

// css returns the variable of the page's style that holds the paint's colour.
func (p paint) css() string { return "var(--p" + strconv.Itoa(int(p)) + ")" }

var (
	styleAttribute = regexp.MustCompile(`\s*style="[^"]*"`)
	painted        = regexp.MustCompile(`#0102([0-9A-F]{2})`)
	typeface       = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*;font-weight:([a-z]+);font-style:[a-z]+;`)
)

// A figure is a chart for the page.
type figure struct {
	SVG     template.HTML
	Narrow  template.HTML // the same chart for a phone; "" if SVG may be shrunk
	Caption string
}

// A frame is the size of a chart and of the labels in it, CSS pixels.
type frame struct {
	w, h  vg.Length
	label vg.Length // the widest line of a label
}

// Each chart is drawn for a wide page and for a phone: shrunk to a phone's width, its text
// could not be read.
var (
	half = [2]frame{{570, 340, 170}, {350, 330, 96}} // two stand side by side
	full = [2]frame{{860, 420, 170}, {350, 400, 96}}
)

// gap is the least distance of ticks on the x axis, as a share of it: their labels do not
// run into each other.
func (f frame) gap() float64 { return 75 / float64(f.w) }

// framed draws a chart for both frames.
func framed(frames [2]frame, draw func(f frame) (template.HTML, error)) (figure, error) {
	var out figure
	var err error
	if out.SVG, err = draw(frames[0]); err == nil {
		out.Narrow, err = draw(frames[1])
	}
	return out, err
}

// sans returns a style of text. The layout is by the widths of Liberation Sans, which
// are those of Arial and Helvetica; the page asks for one of the three.
func sans(size float64, p paint, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{Color: p, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)}, XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler}
}

// newPlot returns a plot without a background, its text and lines in the page's colours.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.TextStyle, p.Y.Label.TextStyle = sans(11, muted, draw.XCenter, draw.YBottom), sans(11, muted, draw.XCenter, draw.YBottom)
	p.X.Tick.Label, p.Y.Tick.Label = sans(10.5, muted, draw.XCenter, draw.YTop), sans(10.5, muted, draw.XRight, draw.YCenter)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = muted, muted
		a.Tick.Length, a.Label.Padding = 4, 5
	}
	return p
}

// render draws a plot of w×h CSS pixels as an SVG element that shrinks with the page. label is
// what a screen reader says of it.
func render(p *plot.Plot, w, h vg.Length, label string) (template.HTML, error) {
	c := vgsvg.New(w, h)
	p.Draw(draw.New(c))
	var buf strings.Builder
	if _, err := c.WriteTo(&buf); err != nil {
		return "", fmt.Errorf("report: draw chart: %w", err)
	}
	return inline(buf.String(), w, h, label), nil
}

// inline makes a stand-alone SVG document of vgsvg's an element of the page: no
// prologue, no namespaces, no typeface, and the page's colours. Only style attributes
// change: a quote within text is escaped, so no name can hold one.
func inline(document string, w, h vg.Length, label string) template.HTML {
	_, body, _ := strings.Cut(document, "<svg")
	_, body, _ = strings.Cut(body, ">")
	body = styleAttribute.ReplaceAllStringFunc(body, func(s string) string {
		s = typeface.ReplaceAllStringFunc(s, func(f string) string {
			if weight := typeface.FindStringSubmatch(f)[1]; weight != "normal" {
				return "font-weight:" + weight + ";"
			}
			return ""
		})
		s = painted.ReplaceAllStringFunc(s, func(hex string) string {
			n, err := strconv.ParseUint(hex[len("#0102"):], 16, 8)
			if err != nil { // the pattern allows only hexadecimal digits
				return hex
			}
			return paint(n).css()
		})
		return " " + strings.TrimSpace(s)
	})
	return template.HTML(fmt.Sprintf(`<svg class="chart" width="%g" height="%g" viewBox="0 0 %g %g" role="img" aria-label="%s">%s`,
		w, h, w, h, html.EscapeString(label), strings.TrimRight(body, "\n")))
}

// note is one line of text at a point of the data, moved by an offset. Like the labels
// of an axis it is raised by the descent, so that figures are centred.
func note(x, y float64, s string, style text.Style, offset vg.Point) *plotter.Labels {
	offset.Y += style.FontExtents().Descent
	return &plotter.Labels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{s}, TextStyle: []text.Style{style}, Offset: offset}
}

// stroke is a line through points of the data.
func stroke(p paint, width float64, dashes []vg.Length, points ...plotter.XY) *plotter.Line {
	return &plotter.Line{XYs: points, LineStyle: draw.LineStyle{Color: p, Width: vg.Length(width), Dashes: dashes}}
}
