package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
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

// css returns the variable of the page's style that holds the paint's colour.
func (p paint) css() string { return "var(--p" + strconv.Itoa(int(p)) + ")" }

// A spot is a point, in CSS pixels from the upper left corner or in the units of the data.
type spot struct{ x, y float64 }

// A box is a rectangle between its upper left and its lower right corner.
type box struct{ min, max spot }

// around is the box of 2w×2h about a point.
func around(at spot, w, h float64) box {
	return box{spot{at.x - w, at.y - h}, spot{at.x + w, at.y + h}}
}

// An alignment says which part of a text is at its place. Its value is that of text-anchor.
type alignment string

const (
	start  alignment = "start"
	middle alignment = "middle"
	end    alignment = "end"
)

// A face is how text looks. The page's typefaces are Arial, Helvetica and those as wide.
type face struct {
	size  float64 // CSS pixels
	paint paint
	bold  bool
	align alignment
}

func (f face) aligned(a alignment) face { f.align = a; return f }

// pitch is from line to line.
func (f face) pitch() float64 { return f.size }

// widths are those of Helvetica and Arial from space to tilde, in thousandths of the size.
var widths = [...]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// width returns the width of a text's widest line, CSS pixels: of ASCII as Helvetica has it,
// of other letters about that. Bold letters are up to a tenth wider, bold digits are not.
func (f face) width(s string) float64 {
	widest, line := 0, 0
	for _, r := range s {
		switch {
		case r == '\n':
			line = 0
		case ' ' <= r && r <= '~':
			line += int(widths[r-' '])
		case r == '…' || r >= 0x2E80: // Chinese, Japanese and Korean letters are square
			line += 1000
		default:
			line += 600
		}
		widest = max(widest, line)
	}
	return float64(widest) / 1000 * f.size
}

// A shape marks a point. Lines' points are told apart without their colours.
type shape uint8

const (
	dot shape = iota
	square
	triangle
	ring
	hollowSquare
	hollowTriangle
)

var shapes = [lines]shape{dot, square, triangle, ring, hollowSquare, hollowTriangle}

// A canvas is an SVG element as it is written. Its methods take CSS pixels.
type canvas struct{ strings.Builder }

// px is a number to hundredths, as short as it can be.
func px(x float64) string { return strconv.FormatFloat(math.Round(100*x)/100+0, 'f', -1, 64) }

func path(points []spot) string {
	words := make([]string, len(points))
	for i, p := range points {
		words[i] = px(p.x) + "," + px(p.y)
	}
	return strings.Join(words, " ")
}

// line draws a line through points. dashes are as stroke-dasharray has them.
func (c *canvas) line(p paint, width float64, dashes string, points ...spot) {
	if dashes != "" {
		dashes = ";stroke-dasharray:" + dashes
	}
	fmt.Fprintf(c, `<polyline points="%s" style="fill:none;stroke:%s;stroke-width:%s%s"/>`+"\n", path(points), p.css(), px(width), dashes)
}

// interval draws a line between two points of one height, and a cap at each that reaches ends
// pixels up and down.
func (c *canvas) interval(p paint, width float64, low, high spot, ends float64) {
	c.line(p, width, "", low, high)
	for _, at := range []spot{low, high} {
		c.line(p, width, "", spot{at.x, at.y - ends}, spot{at.x, at.y + ends})
	}
}

func (c *canvas) fill(p paint, points ...spot) {
	fmt.Fprintf(c, `<polygon points="%s" style="fill:%s"/>`+"\n", path(points), p.css())
}

// disc fills a circle.
func (c *canvas) disc(p paint, at spot, r float64) {
	fmt.Fprintf(c, `<circle cx="%s" cy="%s" r="%s" style="fill:%s"/>`+"\n", px(at.x), px(at.y), px(r), p.css())
}

// circle draws a circle's outline.
func (c *canvas) circle(p paint, width float64, at spot, r float64) {
	fmt.Fprintf(c, `<circle cx="%s" cy="%s" r="%s" style="fill:none;stroke:%s;stroke-width:%s"/>`+"\n", px(at.x), px(at.y), px(r), p.css(), px(width))
}

// mark draws a shape about as large as a circle of radius r.
func (c *canvas) mark(s shape, p paint, at spot, r float64) {
	half, up, down, wide := 0.85*r, 1.1*r, 0.65*r, 1.1*r
	corners := []spot{{at.x - half, at.y - half}, {at.x + half, at.y - half}, {at.x + half, at.y + half}, {at.x - half, at.y + half}}
	if s == triangle || s == hollowTriangle {
		corners = []spot{{at.x, at.y - up}, {at.x + wide, at.y + down}, {at.x - wide, at.y + down}}
	}
	switch s {
	case dot:
		c.disc(p, at, r)
	case ring:
		c.circle(p, 1, at, r)
	case square, triangle:
		c.fill(p, corners...)
	case hollowSquare, hollowTriangle:
		c.line(p, 1, "", append(corners, corners[0])...)
	}
}

// text writes the lines of s with their middle at a place's height; that of a line is the middle
// of its capitals and figures.
func (c *canvas) text(f face, at spot, s string) {
	all := strings.Split(s, "\n")
	y := at.y - f.pitch()*float64(len(all)-1)/2
	for i, line := range all {
		c.words(f, spot{at.x, y + f.pitch()*float64(i)}, line, "")
	}
}

// upright writes a line from the bottom up.
func (c *canvas) upright(f face, at spot, s string) {
	c.words(f, at, s, fmt.Sprintf(` transform="rotate(-90 %s %s)"`, px(at.x), px(at.y)))
}

func (c *canvas) words(f face, at spot, s, more string) {
	weight, anchor := "", ""
	if f.bold {
		weight = ";font-weight:bold"
	}
	if f.align != start {
		anchor = fmt.Sprintf(` text-anchor="%s"`, f.align)
	}
	const capital = 0.716 // height
	fmt.Fprintf(c, `<text x="%s" y="%s"%s%s style="fill:%s;font-size:%spx%s">%s</text>`+"\n",
		px(at.x), px(at.y+capital/2*f.size), anchor, more, f.paint.css(), px(f.size), weight, html.EscapeString(s))
}
