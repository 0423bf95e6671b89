package texts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// stream hands out texts in batches of a few.
type stream struct {
	left []string
	step int
	fail error
}

func (s *stream) Next(batch []string) (int, error) {
	if len(s.left) == 0 {
		if s.fail != nil {
			return 0, s.fail
		}
		return 0, io.EOF
	}
	n := copy(batch[:min(s.step, len(batch))], s.left)
	s.left = s.left[n:]
	return n, nil
}

func draw(t *testing.T, texts []string, n int, seed uint64, shard, step int) *Drawn {
	t.Helper()
	d, err := Sample(context.Background(), &stream{left: texts, step: step}, n, seed, shard)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func numbered(n int) []string {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf("%05d", i))
	}
	return texts
}

func TestSample(t *testing.T) {
	texts := numbered(1000)
	d := draw(t, texts, 100, 7, 64, 9)
	if len(d.Texts) != 100 || d.Seen != 1000 || !slices.IsSorted(d.Texts) || len(slices.Compact(slices.Clone(d.Texts))) != 100 {
		t.Errorf("%d of %d texts: %q", len(d.Texts), d.Seen, d.Texts)
	}
	if again := draw(t, texts, 100, 7, 64, 256); !slices.Equal(again.Texts, d.Texts) {
		t.Error("the same seed draws other texts")
	}
	if other := draw(t, texts, 100, 8, 64, 9); slices.Equal(other.Texts, d.Texts) {
		t.Error("another seed draws the same texts")
	}
	if all := draw(t, texts, 1000, 7, 64, 9); !slices.Equal(all.Texts, texts) {
		t.Error("1000 of 1000 are not all")
	}
	if all := draw(t, texts, 5000, 7, 64, 9); !slices.Equal(all.Texts, texts) {
		t.Error("5000 of 1000 are not all")
	}
}

// Each text has the same chance: over many seeds, the number of times that a text
// is drawn stays within five standard deviations of the expected one.
func TestSampleIsEven(t *testing.T) {
	texts := numbered(40)
	drawn := map[string]int{}
	const runs, n = 4000, 10
	for seed := range uint64(runs) {
		for _, text := range draw(t, texts, n, seed, 64, 40).Texts {
			drawn[text]++
		}
	}
	p := float64(n) / float64(len(texts))
	deviation := math.Sqrt(runs * p * (1 - p))
	for _, text := range texts {
		if got := float64(drawn[text]); math.Abs(got-runs*p) > 5*deviation {
			t.Errorf("%s is drawn %g times, want %g ± %g", text, got, runs*p, 5*deviation)
		}
	}
}

func TestSampleDrops(t *testing.T) {
	texts := []string{"a", "", "b", "a", " \n", "c", "d", "a", "d", "e"}
	d := draw(t, texts, 100, 1, 4, 3)
	// a b c d are the first shard, a d e the second.
	if want := []string{"a", "b", "c", "d", "a", "d", "e"}; !slices.Equal(d.Texts, want) || d.Empty != 2 || d.Duplicates != 1 || d.Seen != 7 {
		t.Errorf("%+v, want %q", d, want)
	}
	if d := draw(t, texts, 100, 1, 100, 3); strings.Join(d.Texts, "") != "abcde" || d.Duplicates != 3 {
		t.Errorf("%+v", d)
	}
}

func TestSampleFails(t *testing.T) {
	fault := errors.New("a bad line")
	if _, err := Sample(context.Background(), &stream{left: numbered(9), step: 4, fail: fault}, 3, 1, 4); !errors.Is(err, fault) {
		t.Errorf("%v", err)
	}
	if _, err := Sample(context.Background(), &stream{}, 0, 1, 4); err == nil {
		t.Error("0 texts can be drawn")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Sample(ctx, &stream{left: numbered(9), step: 4}, 3, 1, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
