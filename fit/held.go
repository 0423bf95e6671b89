package fit

import (
	"context"
	"math"
)

// hold chooses the texts that are held out, evenly among the used ones.
func (s *solver) hold() {
	used := s.targets.count
	most := min(int(float64(used)*s.options.Holdout), MaxHoldout)
	i := 0
	for n, use := range s.targets.used {
		if !use {
			continue
		}
		if (i+1)*most/used > i*most/used {
			s.held = append(s.held, n)
		}
		i++
	}
}

// holdout solves on the texts that are not held out, to tell how the student does on
// the others.
func (s *solver) holdout(ctx context.Context) error {
	if len(s.held) == 0 {
		return nil
	}
	t := s.t.clone()
	s.scatter(t, s.held, s.heldT, -1)
	rows := s.seen()
	r := s.result
	r.HeldOut = len(s.held)
	r.Before = s.meanCosine(rows)
	if _, _, err := s.solve(ctx, HeldOut, s.held, rows, t); err != nil {
		return err
	}
	r.After = s.meanCosine(rows)
	return nil
}

// meanCosine returns the mean cosine of the held-out texts' vectors, with those
// rows, to their targets.
func (s *solver) meanCosine(rows *panels) float64 {
	var sum float64
	var y row
	for i, n := range s.held {
		var dot, square float64
		for p, data := range rows.data {
			gather(&y, data, s.texts.text(n))
			for j, v := range (*row)(s.heldT.data[p][i*lanes:]) {
				dot += float64(float64(v) * float64(y[j]))
				square += float64(float64(y[j]) * float64(y[j]))
			}
		}
		sum += dot / max(math.Sqrt(square), minNorm)
	}
	return sum / float64(len(s.held))
}
