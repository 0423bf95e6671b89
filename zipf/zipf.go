// Package zipf weights the rows of a vocabulary by their rank: row order stands
// in for word frequency, so no corpus is needed.
package zipf

import (
	"fmt"
	"math"
	"strconv"
)

// Weights returns the n SIF weights w[i] = a/(a+p[i]) in row order, where
// p[i] ∝ 1/(i+2) sums to 1: row order stands in for frequency rank.
// a is dimensionless, in (0, 1); 1e-4 is the reference default. n is at least 1.
// Weights lie in (0, 1) and rise with i: frequent rows count less.
//
// Each is within 1e-14 of the formula's value, relative, for any n.
//
// Source: compute_weights in model2vec's distill/inference.py.
func Weights(n int, a float64) ([]float64, error) {
	if !(a > 0 && a < 1) { // also rejects NaN
		return nil, fmt.Errorf("zipf: coefficient %v is not in (0, 1)", a)
	}
	if n < 1 {
		return nil, fmt.Errorf("zipf: weigh %d rows: need at least 1", n)
	}
	sum := harmonicTail(n)
	w := make([]float64, n)
	for i := range w {
		p := 1 / (float64(i+2) * sum)
		w[i] = a / (a + p)
	}
	return w, nil
}

// harmonicTail returns 1/2 + 1/3 + … + 1/(n+1).
func harmonicTail(n int) float64 {
	// Smallest first, with Kahan's correction: the error stays at one rounding
	// whatever n is.
	var sum, lost float64
	for i := n + 1; i >= 2; i-- {
		term := 1/float64(i) - lost
		next := sum + term
		lost = (next - sum) - term
		sum = next
	}
	return sum
}

// LogRank returns the n weights log(1+i), natural logarithm, in row order from
// i = 0: the first row gets 0. It is the weighting of the 2024 recipe, before SIF.
// n is at least 1.
//
// Source: model2vec 0.1's distill, which multiplies by np.log(1 + np.arange(n)).
func LogRank(n int) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("zipf: weigh %d rows: need at least 1", n)
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = math.Log1p(float64(i))
	}
	return w, nil
}

// Coefficient says how rows are weighted, as a command line gives it: a SIF
// coefficient in (0, 1), log for LogRank, or none. The zero value is none of the
// three and is refused by Weights.
type Coefficient struct {
	Value float64 // a, in (0, 1); 0 with Log and None
	Log   bool    // LogRank in the place of SIF
	None  bool    // rows are not weighted
}

// DefaultCoefficient is the reference's default.
var DefaultCoefficient = Coefficient{Value: 1e-4}

// Weights returns the n weights that c stands for: Weights(n, c.Value), LogRank(n),
// or ones.
func (c Coefficient) Weights(n int) ([]float64, error) {
	switch {
	case c.Log:
		return LogRank(n)
	case !c.None:
		return Weights(n, c.Value)
	case n < 1:
		return nil, fmt.Errorf("zipf: weigh %d rows: need at least 1", n)
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w, nil
}

// String returns what Set reads: "0.0001", "log" or "none".
func (c Coefficient) String() string {
	switch {
	case c.Log:
		return "log"
	case c.None:
		return "none"
	}
	return strconv.FormatFloat(c.Value, 'g', -1, 64)
}

// Set parses a number in (0, 1) or one of the words log and none. c keeps its value
// on an error.
func (c *Coefficient) Set(s string) error {
	switch s {
	case "none":
		*c = Coefficient{None: true}
		return nil
	case "log":
		*c = Coefficient{Log: true}
		return nil
	}
	a, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("coefficient %q is neither a number in (0, 1) nor log or none", s)
	}
	if !(a > 0 && a < 1) {
		return fmt.Errorf("coefficient %s is not in (0, 1)", s)
	}
	*c = Coefficient{Value: a}
	return nil
}

// Type names the flag's kind of value in help texts.
func (c *Coefficient) Type() string { return "a|log|none" }
