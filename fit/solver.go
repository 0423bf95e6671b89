package fit

import (
	"context"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// solver solves problems that differ in no more than how they are solved: they have one
// prior and one right-hand side.
type solver struct {
	*corpus
	blocks   []Block
	weights  []float64 // V
	options  Options   // of the first of the problems
	problems []int     // their numbers
	result   *Result

	projection *projection
	a          []float32 // N, 1/‖(S·P)_n‖; 0: the text is left out
	t          *panels   // (aS)ᵀT, tokens seen × D
	priors     []blockPrior
	scales     []float64 // of priors
	held       []int     // texts held out
	heldT      *panels   // their targets
	next       int       // of the held-out texts, while the targets are read
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

// project finds the basis of the targets, and begins the result.
func (s *solver) project() error {
	t := s.targets
	d, warnings, err := s.options.Dims.Of(t.basis)
	if err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	s.projection = newProjection(t, d, s.options.Whiten)
	r := &Result{Texts: t.count, BadVectors: t.bad, Warnings: warnings, Variances: s.projection.variances, Explained: t.basis.Explained(0, d)}
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
	for _, mean := range t.means {
		r.Mean = append(r.Mean, mean...)
	}
	s.result = r
	return nil
}

// begin makes room for the right-hand side, which right fills.
func (s *solver) begin() error {
	if err := s.prior(); err != nil { // P, V×D
		return err
	}
	s.hold()
	d := s.projection.basis.Cols
	s.t = newPanels(s.texts.Seen(), d)
	s.heldT = newPanels(len(s.held), d)
	return nil
}

// right gathers (aS)ᵀT of a batch, and the targets of the texts that are held out.
func (s *solver) right(b batch) {
	if len(b.numbers) == 0 {
		return
	}
	y := s.projection.of(b) // n×D
	row := make([]float32, s.projection.basis.Cols)
	for i, n := range b.numbers {
		if s.next < len(s.held) && s.held[s.next] == n {
			y.get(row, i)
			s.heldT.set(s.next, row)
			s.next++
		}
	}
	s.scatter(s.t, b.numbers, y, 1)
}

// finish solves the problems one after the other, and hands their results to use.
func (s *solver) finish(ctx context.Context, all []Problem, use func(i int, r *Result) error) error {
	s.projection.done()
	if err := s.mapPrior(ctx); err != nil { // P, V×D
		return err
	}
	s.priors = nil
	for k, i := range s.problems {
		one := *s
		if one.options = all[i].Options.filled(); k < len(s.problems)-1 { // the next one starts from P, too
			one.result, one.t = s.result.clone(), s.t.clone()
		}
		if err := one.holdout(ctx); err != nil {
			return err
		}
		if err := one.rows(ctx); err != nil { // E, V×D
			return err
		}
		one.t = nil
		if err := use(i, one.result); err != nil {
			return err
		}
	}
	s.result, s.t, s.a, s.heldT = nil, nil, nil, nil
	return nil
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
