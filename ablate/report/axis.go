package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// spread returns the ends of a log axis around values, with room at both ends; values
// are positive.
func spread(values []float64) (low, high float64) {
	low, high = slices.Min(values), slices.Max(values)
	room := math.Pow(high/low, 0.1)
	if room < 1.05 {
		room = 1.05
	}
	return low / room, high * room
}

// logTicks returns ticks of a log axis at round numbers, the coarsest steps of which
// three or more fall between low and high.
func logTicks(low, high, gap float64, format func(float64) string) []tick {
	var ticks []tick
	for _, steps := range [][]float64{{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 6, 8}, tenths()} {
		ticks = nil
		for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
			for _, s := range steps {
				if x := s * math.Pow(10, e); x >= low && x <= high {
					ticks = append(ticks, tick{x, format(x)})
				}
			}
		}
		if len(ticks) >= 3 {
			break
		}
	}
	return apart(ticks, low, high, gap)
}

// tenths are 1, 1.1, … 9.9.
func tenths() []float64 {
	steps := make([]float64, 90)
	for i := range steps {
		steps[i] = 1 + float64(i)/10
	}
	return steps
}

// atValues returns ticks of a log axis at the values themselves, those that have room.
func atValues(values []float64, low, high, gap float64, format func(float64) string) []tick {
	values = slices.Clone(values)
	slices.Sort(values)
	var ticks []tick
	for _, x := range slices.Compact(values) {
		ticks = append(ticks, tick{x, format(x)})
	}
	return apart(ticks, low, high, gap)
}

// apart leaves out ticks that follow the one before by less than gap, a share of the axis:
// their labels would run into each other.
func apart(ticks []tick, low, high, gap float64) []tick {
	var out []tick
	last := math.Inf(-1)
	for _, t := range ticks {
		if at := math.Log(t.value/low) / math.Log(high/low); at-last >= gap {
			out, last = append(out, t), at
		}
	}
	return out
}

// scoreAxis sets the y axis to scores: room above and below, and four to eight round
// ticks.
func scoreAxis(p *chart, scores []float64) {
	low, high := slices.Min(scores), slices.Max(scores)
	room := max(0.08*(high-low), 0.2)
	p.y.min, p.y.max, p.y.grid = low-room, high+room, true
	p.y.ticks = linearTicks(p.y.min, p.y.max)
}

// linearTicks returns ticks at multiples of 1, 2 or 5 times a power of ten, the largest
// that has four or more of them between low and high.
func linearTicks(low, high float64) []tick {
	step := math.Pow(10, math.Ceil(math.Log10(high-low)))
	places := 0
	for _, by := range []float64{1, 2, 5, 10, 20, 50} {
		if at := step / by; math.Floor(high/at)-math.Ceil(low/at) >= 3 {
			step = at
			break
		}
	}
	for s := step; s < 0.999 && places < 3; places++ {
		s *= 10
	}
	var ticks []tick
	for n := math.Ceil(low / step); n <= math.Floor(high/step); n++ {
		at := n*step + 0 // no −0
		ticks = append(ticks, tick{at, strings.Replace(strconv.FormatFloat(at, 'f', places, 64), "-", "−", 1)})
	}
	return ticks
}
