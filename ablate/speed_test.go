package ablate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/matrix"
)

// A clocked encoder takes a known time for each text, by a clock of its own.
type clocked struct {
	clock *time.Time
	each  time.Duration
	seen  [][]string
	fails bool
}

func (c *clocked) Dims() int { return 2 }

func (c *clocked) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	if dst.Rows != len(texts) || dst.Cols != 2 {
		return fmt.Errorf("%d×%d for %d texts", dst.Rows, dst.Cols, len(texts))
	}
	if c.fails {
		return errors.New("no row")
	}
	c.seen = append(c.seen, slices.Clone(texts))
	*c.clock = c.clock.Add(c.each * time.Duration(len(texts)))
	return nil
}

func TestMeasure(t *testing.T) {
	clock := time.Unix(0, 0)
	var order []string
	fast, slow := &clocked{clock: &clock, each: 10 * time.Microsecond}, &clocked{clock: &clock, each: 5 * time.Millisecond}
	open := func(name string, c *clocked) contestant {
		return contestant{name, name, func(context.Context) (eval.Encoder, func() error, error) {
			order = append(order, name)
			if name == "fast" && len(order) > 4 {
				c.each = 20 * time.Microsecond // the third round is twice as slow
			}
			return c, func() error { order = append(order, "close"); return nil }, nil
		}}
	}
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = fmt.Sprint("text ", i)
	}
	got, err := measure(t.Context(), []contestant{open("fast", fast), open("slow", slow)}, texts, rand.New(rand.NewPCG(1, 2)), func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	if want := (speed{Median: 50_000, Low: 50_000, High: 100_000}); !near(got[0], want) {
		t.Errorf("fast: %v, want %v", got[0], want)
	}
	if want := (speed{200, 200, 200}); !near(got[1], want) {
		t.Errorf("slow: %v, want %v", got[1], want)
	}
	if want := strings.Repeat("fast close slow close ", speedRounds); strings.Join(order, " ")+" " != want {
		t.Errorf("order %v, want the models in turn", order)
	}
	// The slow one stops after its time: the first batch at 0.32 s.
	if n := len(slow.seen); n != speedRounds*2 {
		t.Errorf("the slow model encoded %d batches, want a warm-up and one in each round", n)
	}
	// Both models are given the same texts in a round, and another order in the next.
	if !slices.Equal(slow.seen[1], fast.seen[1]) || slices.Equal(slow.seen[1], slow.seen[3]) {
		t.Error("rounds are not of the same texts for both, or not shuffled")
	}
	if texts[0] != "text 0" {
		t.Error("the caller's texts are shuffled")
	}
	slow.fails = true
	if _, err := measure(t.Context(), []contestant{open("slow", slow)}, texts, rand.New(rand.NewPCG(1, 2)), time.Now); err == nil || !strings.Contains(err.Error(), "speed of slow: no row") {
		t.Errorf("got error %v", err)
	}
}

func near(a, b speed) bool {
	for _, d := range []float64{a.Median - b.Median, a.Low - b.Low, a.High - b.High} {
		if d > 1e-3 || d < -1e-3 {
			return false
		}
	}
	return true
}
