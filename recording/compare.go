package recording

import (
	"cmp"
	"math"
	"slices"
)

// Deviation is a text of which a model now makes something else.
type Deviation struct {
	Text       string  `json:"text"`
	Difference float64 `json:"difference"` // largest of two values
	WantIDs    []int32 `json:"want_ids,omitempty"`
	GotIDs     []int32 `json:"got_ids,omitempty"` // both only where they differ
}

// Comparison is how far two recordings of the same texts are apart.
type Comparison struct {
	Texts      int         `json:"texts"`
	Different  int         `json:"different"`          // texts that differ
	IDs        int         `json:"different_ids"`      // those of them with other ids
	Difference float64     `json:"largest_difference"` // of two values, of all texts
	Worst      []Deviation `json:"worst"`              // the texts that differ, the worst first
}

// Compare compares two recordings of the same texts and dimensions. A text differs if its
// ids do, or two values by more than tolerance. Worst begins with texts of other ids, then
// by the largest difference of two values.
func Compare(want, got *Recording, tolerance float64) Comparison {
	c := Comparison{Texts: len(want.Texts), Worst: []Deviation{}}
	for i, w := range want.Texts {
		g := got.Texts[i]
		d := Deviation{Text: w.Text, Difference: farthest(w.Vector, g.Vector)}
		c.Difference = max(c.Difference, d.Difference)
		sameIDs := slices.Equal(w.IDs, g.IDs)
		if !sameIDs {
			c.IDs++
			d.WantIDs, d.GotIDs = w.IDs, g.IDs
		}
		if !sameIDs || !(d.Difference <= tolerance) {
			c.Different++
			c.Worst = append(c.Worst, d)
		}
	}
	slices.SortStableFunc(c.Worst, func(a, b Deviation) int {
		return cmp.Or(boolean(b.WantIDs != nil)-boolean(a.WantIDs != nil), cmp.Compare(b.Difference, a.Difference))
	})
	return c
}

// farthest returns the largest difference of two values.
func farthest(want, got []float32) float64 {
	largest := 0.0
	for j, v := range want {
		diff := math.Abs(float64(v) - float64(got[j]))
		if math.IsNaN(diff) {
			diff = math.MaxFloat64 // as far off as JSON can say
		}
		largest = max(largest, diff)
	}
	return largest
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
