package fault

import (
	"math"
	"testing"
)

func TestRanges(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	check := func(got error, want string) {
		t.Helper()
		if text := ""; got != nil {
			text = got.Error()
			if text != want {
				t.Errorf("got %q, want %q", text, want)
			}
		} else if want != "" {
			t.Errorf("got no error, want %q", want)
		}
	}
	check(AtLeast("epochs", 1, 1), "")
	check(AtLeast("epochs", 0, 1), "epochs 0 is not positive")
	check(AtLeast("patience", -1, 0), "patience -1 is negative")
	check(AtLeast("batch", 1, 2), "batch 1 is less than 2")
	for _, v := range []float64{0, -1, nan, inf} {
		if Above0("rate", v) == nil {
			t.Errorf("Above0 lets %v pass", v)
		}
		if bad := v < 0 || v != v || v == inf; (From0("c", v) != nil) != bad {
			t.Errorf("From0(%v) = %v", v, From0("c", v))
		}
	}
	check(Above0("rate", 0), "rate 0 is not above 0 and finite")
	check(Above0("rate", 0.5), "")
	check(From0("c", -2), "c -2 is not 0 or above, and finite")
	check(Within("part", 0.5, 0, 0.5), "")
	check(Within("part", 0.6, 0, 0.5), "part 0.6 is not in [0, 0.5]")
	check(Within("part", nan, 0, 0.5), "part NaN is not in [0, 0.5]")
	check(Below("post-sif", 1, 0, 1), "post-sif 1 is not in [0, 1)")
	check(Below("post-sif", nan, 0, 1), "post-sif NaN is not in [0, 1)")
	check(Below("post-sif", 0, 0, 1), "")
}
