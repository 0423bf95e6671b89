package classifier

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/m2v-dev/m2v/matrix"
)

// classes returns the labels that occur, sorted: as numbers, if all are integers.
func (e *Examples) classes() []string {
	seen := map[string]bool{}
	var list []string
	for _, names := range e.Labels {
		for _, name := range names {
			if !seen[name] {
				seen[name] = true
				list = append(list, name)
			}
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		x, errX := strconv.ParseInt(a, 10, 64)
		y, errY := strconv.ParseInt(b, 10, 64)
		if e.Integers && errX == nil && errY == nil && x != y {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
	return list
}

// targets are labels as numbers.
type targets struct {
	classes []int          // of each text, where the task is Single; -1 for an unknown label
	values  *matrix.Matrix // n×K: 0 and 1 where it is Multi, numbers where it is Regression
}

// targets returns the examples' labels by the places of their classes. unknown counts labels
// that are not among the classes.
func (e *Examples) targets(classes []string) (t targets, unknown map[string]int) {
	at := map[string]int{}
	for i, c := range classes {
		at[c] = i
	}
	unknown = map[string]int{}
	switch e.Task {
	case Regression:
		t.values = matrix.New(e.Len(), len(e.Values[0]))
		for i, row := range e.Values {
			for j, v := range row {
				t.values.Row(i)[j] = float32(v)
			}
		}
		return t, unknown
	case Multi:
		t.values = matrix.New(e.Len(), len(classes))
	default:
		t.classes = make([]int, e.Len())
	}
	for i, names := range e.Labels {
		for _, name := range names {
			c, ok := at[name]
			if !ok {
				unknown[name]++
				c = -1
			}
			if t.classes != nil {
				t.classes[i] = c
			} else if ok {
				t.values.Row(i)[c] = 1
			}
		}
	}
	return t, unknown
}

// pick returns the targets of those texts.
func (t targets) pick(list []int) targets {
	var out targets
	if t.classes != nil {
		for _, i := range list {
			out.classes = append(out.classes, t.classes[i])
		}
		return out
	}
	out.values = matrix.New(len(list), t.values.Cols)
	for k, i := range list {
		copy(out.values.Row(k), t.values.Row(i))
	}
	return out
}

// counts returns how many texts have each class.
func (t targets) counts(classes int) []int {
	counts := make([]int, classes)
	for _, c := range t.classes {
		counts[c]++
	}
	if t.classes == nil {
		for i := range t.values.Rows {
			for c, v := range t.values.Row(i) {
				if v == 1 {
					counts[c]++
				}
			}
		}
	}
	return counts
}

// weights returns the weight of each class, nil for none.
//
// Source: _class_weight_from_counts in model2vec's train/classifier.py.
func (o Options) weights(classes []string, counts []int) ([]float64, error) {
	if !o.Balanced && o.ClassWeights == nil {
		return nil, nil
	}
	out := make([]float64, len(classes))
	total := 0
	for _, n := range counts {
		total += n
	}
	for i, c := range classes {
		if o.Balanced {
			out[i] = float64(total) / float64(len(classes)*counts[i])
			continue
		}
		w, ok := o.ClassWeights[c]
		if !ok {
			return nil, fmt.Errorf("classifier: fit: class %q has no weight: give one for each of %d classes", c, len(classes))
		}
		out[i] = w
	}
	for name := range o.ClassWeights {
		if !slices.Contains(classes, name) {
			return nil, fmt.Errorf("classifier: fit: %q has a weight, but no training text has this label", name)
		}
	}
	return out, nil
}
