package fit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// manyTexts makes n texts of a vocabulary of 80, some of them without tokens, the vectors of
// two teachers of widths 12 and 7, and the first one's rows. The third of the blocks has
// the second one's vectors alone.
func manyTexts(t *testing.T, n int) (all []entryList, blocks []Block, weights []float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(rows, cols int) *matrix.Matrix {
		m := matrix.New(rows, cols)
		for i := range m.Data {
			m.Data[i] = float32(rng.NormFloat64()) + 0.3
		}
		return m
	}
	for i := range n {
		ids := make([]int32, i%9)
		for j := range ids {
			ids[j] = int32(rng.IntN(min(80, 8+i/20))) // later texts hold other tokens
		}
		all = append(all, ids)
	}
	weights = make([]float64, 80)
	for i := range weights {
		weights[i] = 1 / float64(i+2)
	}
	return all, []Block{{Rows: random(80, 12), Vectors: InMemory(random(n, 12))}, {Vectors: InMemory(random(n, 7))}}, weights
}

type entryList = []int32

func built(t *testing.T, all []entryList) *Texts {
	t.Helper()
	b := NewBuilder(80, BuilderOptions{})
	for _, ids := range all {
		if err := b.Add(ids); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := b.Texts()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// head is a block of the first n texts alone.
func head(b Block, n int) Block {
	y := b.Vectors.(inMemory).y
	return Block{Rows: b.Rows, Vectors: InMemory(&matrix.Matrix{Rows: n, Cols: y.Cols, Data: y.Data[:n*y.Cols]})}
}

// Each result of a sweep is bit for bit that of Solve on the problem's texts alone,
// whatever else is in the sweep.
func TestSweepEqualsSolve(t *testing.T) {
	const n = 4500 // more than two batches
	all, blocks, weights := manyTexts(t, n)
	flat := slices.Repeat([]float64{1}, 80)
	var problems []Problem
	for _, p := range []struct {
		texts, dims int
		whiten      float64
		ridge       float64
		mapped      bool
		weights     []float64
	}{
		{n, 6, 0.25, 0.1, false, weights}, {0, 6, 0.25, 0.5, false, weights}, {1000, 6, 0.25, 0.1, false, weights}, {3000, 6, 0.25, 0.1, false, weights},
		{n, 4, 0.25, 0.1, false, weights}, {n, 6, 0, 0.1, false, weights}, {n, 6, 0.25, 0.1, true, weights}, {3000, 6, 0.25, 0.3, false, weights},
		{3000, 6, 0.25, 0.1, true, weights}, {3000, 6, 0.25, 0.3, true, weights}, {n, 6, 0.25, 0.1, false, flat}, {2048, 5, 0.25, 0.1, false, weights},
	} {
		o := small()
		o.Dims.Count, o.Whiten, o.Ridge, o.MapPrior, o.Holdout = p.dims, p.whiten, p.ridge, p.mapped, 0.1
		problems = append(problems, Problem{p.texts, p.weights, o})
	}
	for _, teachers := range [][]Block{blocks[:1], blocks[1:], blocks} {
		passes := &shards{y: teachers[0].Vectors.(inMemory).y, rows: 700}
		streamed := slices.Clone(teachers)
		streamed[0].Vectors = Stream(n, passes.y.Cols, passes.each)
		seen := map[int]bool{}
		err := SolveEach(t.Context(), built(t, all), streamed, problems, func(i int, got *Result) error {
			seen[i] = true
			p := problems[i]
			its := p.Texts
			if its == 0 {
				its = n
			}
			var alone []Block
			for _, b := range teachers {
				alone = append(alone, head(b, its))
			}
			want := mustSolve(t, built(t, all[:its]), alone, p.Weights, p.Options)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d teachers, problem %d: %d texts of %d dimensions are not those of a solve alone", len(teachers), i, got.Texts, got.Rows.Cols)
			}
			return nil
		})
		if err != nil || len(seen) != len(problems) {
			t.Errorf("%d teachers: %d of %d problems are solved: %v", len(teachers), len(seen), len(problems), err)
		}
		if passes.begun != 3 || passes.done != 3 {
			t.Errorf("%d teachers: %d passes begun, %d ended, want 3", len(teachers), passes.begun, passes.done)
		}
	}
}

// A pass that needs no more than the first texts is ended with the sweep.
func TestSweepOfFirstTexts(t *testing.T) {
	all, blocks, weights := manyTexts(t, 4500)
	passes := &shards{y: blocks[0].Vectors.(inMemory).y, rows: 700}
	streamed := []Block{{Rows: blocks[0].Rows, Vectors: Stream(4500, 12, passes.each)}}
	err := SolveEach(t.Context(), built(t, all), streamed, []Problem{{100, weights, small()}, {300, weights, small()}}, func(int, *Result) error { return nil })
	if err != nil || passes.begun != 3 || passes.done != 3 {
		t.Errorf("%d passes begun, %d ended, %v", passes.begun, passes.done, err)
	}
}

// Solvers whose right-hand sides do not fit into one pass's memory take another pass.
func TestBunches(t *testing.T) {
	all, blocks, weights := manyTexts(t, 300)
	texts := built(t, all)
	s, err := newSweep(texts, blocks[:1], []Problem{{0, weights, small()}, {200, weights, small()}, {100, weights, small()}})
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range s.solvers {
		one.projection = &projection{}
		one.projection.basis.Cols = []int{bunchBytes / 4 / 110, bunchBytes / 4 / 400, bunchBytes / 4 / 400}[i]
	}
	var got []int
	for _, some := range s.bunches() {
		got = append(got, len(some))
	}
	if !slices.Equal(got, []int{1, 2}) {
		t.Errorf("bunches of %v solvers, want 1 and 2", got)
	}
}

func TestSweepErrors(t *testing.T) {
	all, blocks, weights := manyTexts(t, 300)
	texts := built(t, all)
	words := small()
	words.Words = 3
	for _, c := range []struct {
		problems []Problem
		want     string
	}{
		{nil, "no problem"},
		{[]Problem{{301, weights, small()}}, "the first 301 of 300 texts"},
		{[]Problem{{-1, weights, small()}}, "the first -1 of 300 texts"},
		{[]Problem{{2, weights, small()}}, "1 of 2 texts can be used"},
		{[]Problem{{0, weights, small()}, {0, weights, Options{}}}, "ridge 0"},
	} {
		err := SolveEach(t.Context(), texts, blocks[:1], c.problems, func(int, *Result) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d problems: %v, want %q", len(c.problems), err, c.want)
		}
	}
	mine := errors.New("mine")
	calls := 0
	err := SolveEach(t.Context(), texts, blocks[:1], []Problem{{0, weights, small()}, {100, weights, small()}}, func(int, *Result) error { calls++; return fmt.Errorf("use: %w", mine) })
	if !errors.Is(err, mine) || calls != 1 {
		t.Errorf("%d results, %v", calls, err)
	}
}
