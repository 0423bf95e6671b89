package fit

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// solver is a solve under way; Solve is the order of its methods.
type solver struct {
	texts   *Texts
	blocks  []Block
	weights []float64 // V
	options Options
	result  *Result

	targets *targets
	sums    []*sums   // of each block without rows
	mass    []float64 // tokens seen
	a       []float32 // N, 1/‖(S·P)_n‖; 0: the text is left out
	t       *panels   // (aS)ᵀT, tokens seen × D
	priors  []blockPrior
	scales  []float64 // of priors
	held    []int     // texts held out
	heldT   *panels   // their targets
}

func newSolver(texts *Texts, blocks []Block, weights []float64, o Options) (*solver, error) {
	if err := check(texts, blocks, weights, o.Words); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(Stage, int, int) {}
	}
	n := texts.Len()
	return &solver{
		texts: texts, blocks: blocks, weights: weights, options: o, result: &Result{}, sums: make([]*sums, len(blocks)),
		targets: &targets{texts: texts, blocks: blocks, progress: func(done int) { o.Progress(ReadVectors, done/passes, n) }},
	}, nil
}

// stop ends passes that an error or the end of ctx cut short.
func (s *solver) stop() {
	for _, b := range s.blocks {
		if v, ok := b.Vectors.(*stream); ok {
			v.end()
		}
	}
}

func check(texts *Texts, blocks []Block, weights []float64, words int) error {
	if texts.Len() == 0 {
		return fmt.Errorf("fit: solve: no texts")
	}
	if len(blocks) == 0 {
		return fmt.Errorf("fit: solve: no teacher")
	}
	v := texts.Vocabulary() - words
	if words < 0 || v < 0 {
		return fmt.Errorf("fit: solve: %d words in a vocabulary of %d", words, texts.Vocabulary())
	}
	for k, b := range blocks {
		switch {
		case b.Vectors == nil || b.Vectors.Width() < 1:
			return fmt.Errorf("fit: solve: teacher %d has no vectors", k)
		case b.Vectors.Len() != texts.Len():
			return fmt.Errorf("fit: solve: teacher %d has %d vectors of %d texts: both must be of the same texts in the same order", k, b.Vectors.Len(), texts.Len())
		case b.Rows == nil:
		case b.Rows.Rows != v:
			return fmt.Errorf("fit: solve: teacher %d has %d rows of a vocabulary of %d: they are of another tokenizer", k, b.Rows.Rows, v)
		case b.Rows.Cols != b.Vectors.Width():
			return fmt.Errorf("fit: solve: teacher %d has rows of width %d and vectors of width %d: they are of two teachers", k, b.Rows.Cols, b.Vectors.Width())
		case len(weights) != v:
			return fmt.Errorf("fit: solve: %d weights of a vocabulary of %d", len(weights), v)
		}
	}
	return nil
}

func (o Options) check() error {
	switch {
	case !(o.Whiten >= 0 && o.Whiten <= 1): // also rejects NaN
		return fmt.Errorf("fit: whitening %v is not in [0, 1]", o.Whiten)
	case !(o.Ridge > 0) || math.IsInf(o.Ridge, 1):
		return fmt.Errorf("fit: ridge %v is not a number above 0", o.Ridge)
	case !(o.Tolerance > 0 && o.Tolerance < 1):
		return fmt.Errorf("fit: tolerance %v is not in (0, 1)", o.Tolerance)
	case o.Steps < 1:
		return fmt.Errorf("fit: %d steps: need at least 1", o.Steps)
	case !(o.Holdout >= 0 && o.Holdout <= 0.5):
		return fmt.Errorf("fit: share of texts held out %v is not in [0, 0.5]", o.Holdout)
	case o.Threads < 0:
		return fmt.Errorf("fit: %d threads: need 0 or more", o.Threads)
	}
	return nil
}

// components finds the basis of the targets, and each token's sum of vectors for
// teachers without rows.
func (s *solver) components(ctx context.Context) error {
	t := s.targets
	s.mass = mass(s.texts, t.used)
	for k, b := range s.blocks {
		if b.Rows == nil {
			from, to := t.at[k], t.at[k+1]
			s.sums[k] = &sums{texts: s.texts, threads: s.options.Threads, from: from, to: to, total: newPanels(s.texts.Seen(), to-from)}
		}
	}
	err := t.components(ctx, func(b batch) {
		for _, sum := range s.sums {
			if sum != nil {
				sum.add(b)
			}
		}
	})
	if err != nil {
		return err
	}
	d, warnings, err := s.options.Dims.Of(t.basis)
	if err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	r := s.result
	r.Warnings = append(r.Warnings, warnings...)
	r.Variances = t.whiten(d, s.options.Whiten)
	r.Explained = t.basis.Explained(0, d)
	r.Texts, r.BadVectors = t.count, t.bad
	for n := range s.texts.Len() {
		if len(s.texts.text(n)) == 0 {
			r.NoTokens++
		}
	}
	for _, m := range s.mass {
		if m > 0 {
			r.Seen++
		}
	}
	return nil
}

// right gathers (aS)ᵀT, and the targets of the texts that are held out.
func (s *solver) right(ctx context.Context) error {
	d := s.targets.project.Cols
	s.hold()
	s.t = newPanels(s.texts.Seen(), d)
	s.heldT = newPanels(len(s.held), d)
	next := 0 // of the held-out texts
	return s.targets.each(ctx, func(numbers []int, y *panels) {
		row := make([]float32, d)
		for i, n := range numbers {
			if next < len(s.held) && s.held[next] == n {
				y.get(row, i)
				s.heldT.set(next, row)
				next++
			}
		}
		s.scatter(s.t, numbers, y, 1)
	})
}

// scatter adds sign·(aS)ᵀ·y to t, for the texts with these numbers and targets y.
func (s *solver) scatter(t *panels, numbers []int, y *panels, sign float32) {
	parallel.Each(s.options.Threads, len(t.data), func(p int) {
		for i, n := range numbers {
			v := *(*row)(y.data[p][i*lanes:])
			for j := range v {
				v[j] *= sign * s.a[n]
			}
			scatter(t.data[p], s.texts.text(n), &v)
		}
	})
}
