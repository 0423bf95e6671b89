package fit

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/matrix"
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
	a       []float64 // N, 1/‖(S·P)_n‖; 0: the text is left out
	t       *panels   // (aS)ᵀT, tokens seen × D
	held    []int     // texts held out
	heldT   *panels   // their targets
}

func newSolver(texts *Texts, blocks []Block, weights []float64, o Options) (*solver, error) {
	if err := check(texts, blocks, weights); err != nil {
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
	all := 3 * texts.Len() // passes × texts
	return &solver{
		texts: texts, blocks: blocks, weights: weights, options: o, result: &Result{}, sums: make([]*sums, len(blocks)),
		targets: &targets{texts: texts, blocks: blocks, progress: func(done int) { o.Progress(ReadVectors, done, all) }},
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

func check(texts *Texts, blocks []Block, weights []float64) error {
	if texts.Len() == 0 {
		return fmt.Errorf("fit: solve: no texts")
	}
	if len(blocks) == 0 {
		return fmt.Errorf("fit: solve: no teacher")
	}
	v := texts.Vocabulary()
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
		return fmt.Errorf("fit: %d threads", o.Threads)
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

// prior sets the rows to P: each teacher's prior in the targets' space, all times one
// number so that the mean of ‖(S·P)_n‖ is 1. It sets the weights a of the texts.
func (s *solver) prior() error {
	d := s.targets.project.Cols
	rows := matrix.New(s.texts.Vocabulary(), d)
	for k := range s.blocks {
		if err := s.addPrior(rows, k); err != nil {
			return err
		}
	}
	s.result.Rows = rows

	lengths := norms(s.texts, s.targets.used, s.seen(), s.options.Threads)
	mean := meanOver(lengths, s.targets.count)
	if !(mean > 0) || math.IsInf(mean, 1) {
		return fmt.Errorf("fit: the mean length of the texts' vectors is %v with the prior as rows: the teacher's rows are all alike or not finite", mean)
	}
	factor := float32(1 / mean)
	for i := range rows.Data {
		rows.Data[i] *= factor
	}
	s.a = lengths
	const nothing = 1e-6
	for n, v := range lengths {
		s.a[n] = 0
		if v/mean > nothing {
			s.a[n] = mean / v
		}
	}
	return nil
}

// addPrior adds teacher k's prior to rows (V×D). Of several teachers each is scaled so
// that the mean of ‖(S·P_k)_n‖ is 1/√k; one teacher's scale does not matter.
func (s *solver) addPrior(rows *matrix.Matrix, k int) error {
	t := s.targets
	h, d := t.at[k+1]-t.at[k], t.project.Cols
	basis := blas64.General{Rows: h, Cols: d, Stride: d, Data: t.project.Data[t.at[k]*d : t.at[k+1]*d]}
	several := len(s.blocks) > 1
	scale := func(p *panels) (float64, error) {
		if !several {
			return 1, nil
		}
		mean := meanOver(norms(s.texts, t.used, p, s.options.Threads), t.count)
		if !(mean > 0) || math.IsInf(mean, 1) {
			return 0, fmt.Errorf("fit: the mean length of the texts' vectors is %v with teacher %d's prior as rows", mean, k)
		}
		return 1 / (mean * math.Sqrt(float64(len(s.blocks)))), nil
	}
	if sum := s.sums[k]; sum != nil {
		sum.means(s.mass)
		factor, err := scale(sum.total)
		if err != nil {
			return err
		}
		buffer := make([]float32, h)
		place := func(i int) int { return int(s.texts.seen[i]) }
		addProjected(rows, basis, s.texts.Seen(), place, func(x []float64, i int) {
			sum.total.get(buffer, i)
			for j, v := range buffer {
				x[j] = float64(v) * factor
			}
		})
		s.sums[k] = nil
		return nil
	}
	c := newCentredRows(s.blocks[k].Rows, s.weights)
	factor := 1.0
	if several {
		var err error
		if factor, err = scale(c.seen(s.texts)); err != nil {
			return err
		}
	}
	place := func(i int) int { return i }
	addProjected(rows, basis, rows.Rows, place, func(x []float64, i int) { c.write(x, i, factor) })
	return nil
}

// seen returns the rows, as they are now, of the tokens that texts hold.
func (s *solver) seen() *panels {
	p := newPanels(s.texts.Seen(), s.result.Rows.Cols)
	for i, token := range s.texts.seen {
		p.set(i, s.result.Rows.Row(int(token)))
	}
	return p
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
	parallel(s.options.Threads, len(t.data), func(p int) {
		for i, n := range numbers {
			v := *(*row)(y.data[p][i*lanes:])
			for j := range v {
				v[j] *= sign * float32(s.a[n])
			}
			scatter(t.data[p], s.texts.text(n), &v)
		}
	})
}

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
	rest := append([]float64(nil), s.a...)
	for _, n := range s.held {
		rest[n] = 0
	}
	rows := s.seen()
	r := s.result
	r.HeldOut = len(s.held)
	r.Before = s.meanCosine(rows)
	if _, _, err := s.solve(ctx, HeldOut, rest, rows, t); err != nil {
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

// solve turns rows, the prior, into the solution, and t into the residual.
func (s *solver) solve(ctx context.Context, stage Stage, a []float64, rows, t *panels) (steps int, residual float64, err error) {
	o := s.options
	o.Progress(stage, 0, o.Steps)
	system := newSystem(s.texts, a, o.Ridge, o.Threads)
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
	if r.Steps, r.Residual, err = s.solve(ctx, Final, s.a, rows, s.t); err != nil {
		return err
	}
	for i, token := range s.texts.seen {
		rows.get(r.Rows.Row(int(token)), i)
	}
	r.Basis = s.targets.project.Data
	for j, e := range s.targets.extreme {
		if e < 0 {
			for i := j; i < len(r.Basis); i += r.Rows.Cols {
				r.Basis[i] = 0 - r.Basis[i] // not −0
			}
			for i := j; i < len(r.Rows.Data); i += r.Rows.Cols {
				r.Rows.Data[i] = 0 - r.Rows.Data[i]
			}
		}
	}
	for _, mean := range s.targets.means {
		r.Mean = append(r.Mean, mean...)
	}
	for i := range r.Rows.Rows {
		if zero(r.Rows.Row(i)) {
			r.ZeroRows++
		}
	}
	if r.Residual > s.options.Tolerance {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the fit stopped after %d steps at a residual of %.1e, above %.1e: more steps bring it nearer", r.Steps, r.Residual, s.options.Tolerance))
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
