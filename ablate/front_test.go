package ablate_test

import (
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

// The front holds variants that score higher than all that are no larger; other models
// are none of it, and a report without texts has none.
func TestFront(t *testing.T) {
	r := &ablate.Report{Baseline: "small", Texts: 100}
	add := func(name string, bytes int64, score float64, kind string) {
		row := ablatetest.Row(t, name, ablatetest.OK(eval.STS, "a", score))
		row.Bytes, row.Kind = bytes, kind
		r.Rows = append(r.Rows, row)
	}
	add("large", 4000, 70, ablate.KindVariant)
	add("small", 1000, 60, ablate.KindVariant)
	add("twin", 1000, 61, ablate.KindVariant)
	add("worse", 3000, 60.5, ablate.KindVariant)
	add("as good", 3500, 61, ablate.KindVariant)
	add("middle", 2000, 65, ablate.KindVariant)
	add("other", 500, 99, ablate.KindModel)
	add("unknown size", 0, 99, ablate.KindVariant)
	r.Compare(1)
	if want := []string{"twin", "middle", "large"}; !slices.Equal(r.Front, want) {
		t.Errorf("front %q by %s, want %q", r.Front, r.Average(), want)
	}
	r.Texts = 0
	if r.Compare(1); r.Front != nil {
		t.Errorf("front %q of an ablation without texts", r.Front)
	}
}
