package fit

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/m2v-dev/m2v/matrix"
)

// A Problem is one of several students of the same texts and teachers.
type Problem struct {
	// Texts is how many of the texts are fitted, from the first one on; 0: all.
	Texts   int
	Weights []float64 // the V SIF weights of the rows, as Solve takes them
	Options Options   // Words is the same in all problems
}

// SolveEach is Solve for several problems, whose results use gets with their numbers, one
// at a time and in no certain order. It keeps none of them. A result is bit for bit the
// one that Solve has of the problem's texts alone.
//
// What problems share is done once. The vectors are read three times for all of them,
// and further times where prior and right-hand side of all would take more than 1 GiB.
// Means, components and the texts' tokens are those of each number of texts; problems that
// differ in Ridge, Tolerance, Steps and Progress alone have their prior and right-hand
// side in common, too. (Targets are divided by their norms after they are projected, so
// those of fewer dimensions, or of another whitening, cannot be taken from others.)
func SolveEach(ctx context.Context, texts *Texts, blocks []Block, problems []Problem, use func(i int, r *Result) error) error {
	s, err := newSweep(texts, blocks, problems)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.examine(ctx); err != nil { // pass 1: means of the unit vectors, ΣH
		return err
	}
	if err := s.components(ctx); err != nil { // pass 2: components, ΣH×ΣH; bases, ΣH×D
		return err
	}
	for _, some := range s.bunches() {
		if err := s.right(ctx, some); err != nil { // P, V×D; pass 3: (aS)ᵀT, V×D
			return err
		}
		for _, one := range some {
			if err := one.finish(ctx, problems, use); err != nil { // E, V×D
				return err
			}
		}
	}
	return nil
}

// A corpus is the texts of a problem, the first so many, and what all problems of as many
// texts share.
type corpus struct {
	texts   *Texts
	targets *targets
	sums    []*sums   // of each block without rows
	mass    []float64 // tokens seen
	left    int       // solvers that have no prior yet
}

// A sweep is several solves under way.
type sweep struct {
	blocks   []Block
	corpora  []*corpus
	solvers  []*solver
	progress func(Stage, int, int)
	longest  int // texts of the largest corpus
	read     int // texts, in all passes
}

func newSweep(texts *Texts, blocks []Block, problems []Problem) (*sweep, error) {
	if len(problems) == 0 {
		return nil, fmt.Errorf("fit: solve: no problem")
	}
	s := &sweep{blocks: blocks}
	for i, p := range problems {
		if err := check(texts, blocks, p.Weights, p.Options.Words); err != nil {
			return nil, err
		}
		if err := p.Options.check(); err != nil {
			return nil, err
		}
		switch {
		case p.Texts < 0 || p.Texts > texts.Len():
			return nil, fmt.Errorf("fit: solve: the first %d of %d texts", p.Texts, texts.Len())
		case p.Options.Words != problems[0].Options.Words:
			return nil, fmt.Errorf("fit: solve: %d and %d words in one vocabulary", problems[0].Options.Words, p.Options.Words)
		case p.Texts == 0:
			p.Texts = texts.Len()
		}
		s.longest = max(s.longest, p.Texts)
		s.add(i, p, problems, texts)
	}
	if s.progress = problems[0].Options.Progress; s.progress == nil {
		s.progress = func(Stage, int, int) {}
	}
	return s, nil
}

// add adds problem i to those that it has the prior and the right-hand side in common
// with.
func (s *sweep) add(i int, p Problem, problems []Problem, texts *Texts) {
	c := s.corpusOf(texts, p.Texts)
	for _, one := range s.solvers {
		o := one.options
		if one.corpus == c && o.Dims == p.Options.Dims && o.Whiten == p.Options.Whiten && o.MapPrior == p.Options.MapPrior && o.Holdout == p.Options.Holdout &&
			slices.Equal(one.weights, p.Weights) {
			one.problems = append(one.problems, i)
			return
		}
	}
	c.left++
	s.solvers = append(s.solvers, &solver{corpus: c, blocks: s.blocks, weights: p.Weights, options: problems[i].Options.filled(), problems: []int{i}})
}

// filled is o with the defaults of what may be left out.
func (o Options) filled() Options {
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(Stage, int, int) {}
	}
	return o
}

// corpusOf returns the first n texts.
func (s *sweep) corpusOf(texts *Texts, n int) *corpus {
	for _, c := range s.corpora {
		if c.texts.Len() == n {
			return c
		}
	}
	first := texts.first(n)
	c := &corpus{texts: first, targets: newTargets(first, s.blocks), sums: make([]*sums, len(s.blocks))}
	s.corpora = append(s.corpora, c)
	return c
}

// stop ends passes that an error, or the last text of a smaller corpus, cut short.
func (s *sweep) stop() {
	for _, b := range s.blocks {
		if v, ok := b.Vectors.(*stream); ok {
			v.end()
		}
	}
}

// passes is how often the vectors of all texts are read, as a rule.
const passes = 3

// each calls f for each corpus with the teachers' vectors (n×H) of its texts first …
// first+n−1, in one pass over them all.
func (s *sweep) each(ctx context.Context, f func(c *corpus, first int, y []*matrix.Matrix) error) error {
	all, part := make([]*matrix.Matrix, len(s.blocks)), make([]*matrix.Matrix, len(s.blocks))
	buffers := make([][]float32, len(s.blocks))
	for first := 0; first < s.longest; first += BatchTexts {
		n := min(BatchTexts, s.blocks[0].Vectors.Len()-first)
		for k, b := range s.blocks {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("fit: read vectors: %w", err)
			}
			width := b.Vectors.Width()
			if buffers[k] == nil {
				buffers[k] = make([]float32, n*width)
			}
			all[k] = &matrix.Matrix{Rows: n, Cols: width, Data: buffers[k][:n*width]}
			if err := b.Vectors.Read(ctx, first, all[k]); err != nil {
				return fmt.Errorf("fit: read vectors of texts %d … %d: %w", first, first+n-1, err)
			}
		}
		for _, c := range s.corpora {
			its := min(n, c.texts.Len()-first)
			if its <= 0 {
				continue
			}
			for k, y := range all {
				part[k] = &matrix.Matrix{Rows: its, Cols: y.Cols, Data: y.Data[:its*y.Cols]}
			}
			if err := f(c, first, part); err != nil {
				return err
			}
		}
		s.read += min(n, s.longest-first)
		s.progress(ReadVectors, min(s.read/passes, s.longest), s.longest)
	}
	return nil
}

// examine finds the texts that can be used and the means of the teachers' unit vectors.
func (s *sweep) examine(ctx context.Context) error {
	err := s.each(ctx, func(c *corpus, first int, y []*matrix.Matrix) error { return c.targets.examine(first, y) })
	for _, c := range s.corpora {
		if err == nil {
			err = c.targets.examined()
		}
	}
	return err
}

// components finds the bases of the targets, and each token's sum of vectors for
// teachers without rows.
func (s *sweep) components(ctx context.Context) error {
	for _, c := range s.corpora {
		c.mass = mass(c.texts, c.targets.used)
		for k, b := range s.blocks {
			if b.Rows == nil {
				from, to := c.targets.at[k], c.targets.at[k+1]
				c.sums[k] = &sums{texts: c.texts, threads: s.solvers[0].options.Threads, from: from, to: to, total: newPanels(c.texts.Seen(), to-from)}
			}
		}
	}
	err := s.each(ctx, func(c *corpus, first int, y []*matrix.Matrix) error {
		b := c.targets.prepare(first, y)
		for _, sum := range c.sums {
			if sum != nil {
				sum.add(b)
			}
		}
		return c.targets.gather(ctx, b)
	})
	for _, c := range s.corpora {
		if err == nil {
			err = c.targets.components()
		}
	}
	for _, one := range s.solvers {
		if err == nil {
			err = one.project()
		}
	}
	return err
}

// bunchBytes is how much priors and right-hand sides of the solvers of one pass take.
const bunchBytes = 1 << 30

// bunches are the solvers, in the order of the first of their problems, in lists of those
// whose right-hand sides one pass gathers.
func (s *sweep) bunches() [][]*solver {
	var out [][]*solver
	room := 0
	for _, one := range s.solvers {
		size := 4 * one.projection.basis.Cols * (one.texts.Vocabulary() + one.texts.Seen())
		if room -= size; room < 0 || out == nil {
			out, room = append(out, nil), bunchBytes-size
		}
		out[len(out)-1] = append(out[len(out)-1], one)
	}
	return out
}

// right makes the priors and gathers the right-hand sides of some solvers.
func (s *sweep) right(ctx context.Context, some []*solver) error {
	for _, one := range some {
		if err := one.begin(); err != nil {
			return err
		}
	}
	return s.each(ctx, func(c *corpus, first int, y []*matrix.Matrix) error {
		of := func(one *solver) bool { return one.corpus == c }
		if !slices.ContainsFunc(some, of) {
			return nil
		}
		b := c.targets.prepare(first, y)
		for _, one := range some {
			if of(one) {
				one.right(b)
			}
		}
		return nil
	})
}
