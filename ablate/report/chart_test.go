package report

import (
	"math"
	"strings"
	"testing"
)

// Whatever is drawn about points of the data lies within the chart, and off the labels of
// its axes.
func TestChartHasRoom(t *testing.T) {
	for _, w := range []float64{860, 350, 40} { // the last is too small for anything
		p := newChart()
		p.x.min, p.x.max, p.x.log, p.x.label = 1, 1000, true, "x"
		p.x.ticks = []tick{{1, "one"}, {1000, "a thousand and some"}}
		p.y.min, p.y.max = -1, 1
		p.y.ticks = []tick{{-1, "−1"}, {1, "one"}}
		p.needs = []need{{x: 1, y: -1, left: 26, below: 26}, {x: 1000, y: 1, right: 100, above: 26}, {x: 30, y: 0, right: 60}}
		svg := string(p.render(w, w/2, "a & b"))
		if !strings.Contains(svg, `aria-label="a &amp; b"`) || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%v wide: %s", w, svg)
		}
		if w < 100 {
			continue
		}
		left := labelSpace + p.y.face.width("one") // of the labels of the y axis
		first, last, mean := p.at(1, -1), p.at(1000, 1), p.at(math.Sqrt(1000), 0)
		if first.x-26 < left || last.x+100 > w+0.5 || last.y-26 < 0 || first.y+26 > w/2-labelRoom {
			t.Errorf("%v wide: points at %v and %v", w, first, last)
		}
		if d := mean.x - (first.x+last.x)/2; math.Abs(d) > 1e-9 {
			t.Errorf("the mean of a log axis is %v off its middle", d)
		}
	}
}

// The widths are Helvetica's, from its font metrics.
func TestWidths(t *testing.T) {
	f := face{size: 10}
	for s, want := range map[string]float64{"": 0, "Hamburgefonstiv": 75.58, "0123456789": 55.6, "W~": 15.28, "a\nwide": 20.56, "−": 6, "語": 10} {
		if got := f.width(s); math.Abs(got-want) > 1e-9 {
			t.Errorf("%q is %v wide, want %v", s, got, want)
		}
	}
}
