package classifier

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/fault"
)

// gated are the scores that gates may name.
var gated = map[string]func(*Scores) float64{
	"accuracy":    func(s *Scores) float64 { return s.Accuracy },
	"macro-f1":    func(s *Scores) float64 { return s.MacroF1 },
	"weighted-f1": func(s *Scores) float64 { return s.WeightedF1 },
	"r2":          func(s *Scores) float64 { return s.R2 },
}

// ParseGates reads gates such as accuracy=90: least scores, in per cent.
func ParseGates(list []string) ([]eval.Gate, error) {
	var gates []eval.Gate
	for _, text := range list {
		g, err := eval.ParseGate(text)
		if err != nil || gated[g.Name] == nil {
			return nil, fault.Option("fail-under", nil, ": %q is not accuracy, macro-f1, weighted-f1 or r2, = and a number, such as accuracy=90", text)
		}
		gates = append(gates, g)
	}
	return gates, nil
}

// Under lists the gates that the scores do not hold, in words. A gate on a score that such
// scores do not have is an error.
func (s *Scores) Under(gates []eval.Gate) (under []string, err error) {
	for _, g := range gates {
		if numbers := len(s.Classes) == 0; numbers != (g.Name == "r2") {
			return nil, fault.Option("fail-under", g.Name, ": r2 is a score of predicted numbers, and the others are of labels")
		}
		if got := 100 * gated[g.Name](s); got < g.Bound || math.IsNaN(got) {
			under = append(under, fmt.Sprintf("%s is %.2f, under %v", g.Name, got, g.Bound))
		}
	}
	return under, nil
}

// String is the scores in a line.
func (s *Scores) String() string {
	if len(s.Classes) == 0 {
		return fmt.Sprintf("%d texts, mean squared error %.4g, R² %.4f", s.Texts, s.MSE, s.R2)
	}
	return fmt.Sprintf("%d texts, accuracy %.2f %%, macro F1 %.2f, weighted F1 %.2f", s.Texts, 100*s.Accuracy, 100*s.MacroF1, 100*s.WeightedF1)
}

// SetClassWeights sets Balanced or ClassWeights by what s says: balanced, or a weight for
// each class, spam=2,ham=1; "" leaves all classes alike.
func (o *Options) SetClassWeights(s string) error {
	o.Balanced, o.ClassWeights = s == "balanced", nil
	if o.Balanced {
		return nil
	}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		name, value, ok := strings.Cut(part, "=")
		w, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(w > 0) {
			return fault.Option("class-weight", nil, ": %q is not balanced, nor a class, = and a number above 0, such as spam=2", part)
		}
		if o.ClassWeights == nil {
			o.ClassWeights = map[string]float64{}
		}
		o.ClassWeights[name] = w
	}
	return nil
}
