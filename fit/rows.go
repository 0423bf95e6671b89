package fit

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// solve turns rows, the prior, into the solution of the texts but for those with the
// numbers of without, and t, their (aS)ᵀT, into the residual.
func (s *solver) solve(ctx context.Context, stage Stage, without []int, rows, t *panels) (steps int, residual float64, err error) {
	o := s.options
	o.Progress(stage, 0, o.Steps)
	system := newSystem(s.texts, s.a, without, o.Ridge, o.Threads)
	steps, residual, err = system.solve(ctx, rows, t, s.size(rows, t), o.Tolerance, o.Steps, func(step int) { o.Progress(stage, step, o.Steps) })
	if err != nil {
		return steps, residual, fmt.Errorf("fit: %s: %w", stage, err)
	}
	return steps, residual, nil
}

// size returns the Frobenius norm of the right-hand side (aS)ᵀT + λP, of all V rows.
func (s *solver) size(prior, t *panels) float64 {
	ridge := s.options.Ridge
	var sum float64
	for p, data := range t.data {
		for i, v := range data {
			x := float64(v) + ridge*float64(prior.data[p][i])
			sum += float64(x * x)
		}
	}
	seen := make([]bool, s.texts.Vocabulary())
	for _, token := range s.texts.seen {
		seen[token] = true
	}
	for token, is := range seen {
		if !is {
			for _, v := range s.result.Rows.Row(token) {
				x := ridge * float64(v)
				sum += float64(x * x)
			}
		}
	}
	return math.Sqrt(sum)
}

// rows solves for the rows and settles the signs of the components: the score of
// largest magnitude among the texts is positive.
func (s *solver) rows(ctx context.Context) error {
	r := s.result
	rows := s.seen()
	var err error
	if r.Steps, r.Residual, err = s.solve(ctx, Final, nil, rows, s.t); err != nil {
		return err
	}
	for i, token := range s.texts.seen {
		rows.get(r.Rows.Row(int(token)), i)
	}
	r.Basis = slices.Clone(s.projection.basis.Data) // other problems have it, too
	for j, e := range s.projection.extreme {
		if e < 0 {
			for i := j; i < len(r.Basis); i += r.Rows.Cols {
				r.Basis[i] = 0 - r.Basis[i] // not −0
			}
			for i := j; i < len(r.Rows.Data); i += r.Rows.Cols {
				r.Rows.Data[i] = 0 - r.Rows.Data[i]
			}
		}
	}
	for i := range r.Rows.Rows - s.options.Words { // a word's is what it adds to its pieces
		if zero(r.Rows.Row(i)) {
			r.ZeroRows++
		}
	}
	if r.Residual > s.options.Tolerance {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the fit stopped after %d steps at a residual of %.1e, above %.1e: more steps lower it", r.Steps, r.Residual, s.options.Tolerance))
	}
	return nil
}

func zero(row []float32) bool {
	for _, v := range row {
		if v != 0 {
			return false
		}
	}
	return true
}
