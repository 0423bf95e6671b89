package fit

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/m2v-dev/m2v/matrix"
)

// Stream makes Vectors, n×width, of a source that hands its vectors out in batches
// of its own, such as shards. each calls visit with consecutive batches from the
// first text on, once for each pass; it may use the memory of y again after visit
// returns, and it returns the error of visit.
func Stream(n, width int, each func(ctx context.Context, visit func(first int, y *matrix.Matrix) error) error) Vectors {
	return &stream{n: n, width: width, each: each}
}

type stream struct {
	n, width int
	each     func(ctx context.Context, visit func(first int, y *matrix.Matrix) error) error

	// The pass under way: each runs as a coroutine, so that it waits while its batch is read.
	pull func() (*matrix.Matrix, bool)
	stop func()
	err  error          // of each
	at   int            // the next text
	rest *matrix.Matrix // of the batch, what is not read yet
}

func (s *stream) Len() int   { return s.n }
func (s *stream) Width() int { return s.width }

// errStopped ends a pass that nobody reads on.
var errStopped = errors.New("fit: the pass was stopped")

func (s *stream) Read(ctx context.Context, first int, y *matrix.Matrix) error {
	if first == 0 {
		s.start(ctx)
	}
	if s.pull == nil || first != s.at {
		return fmt.Errorf("fit: read vectors from text %d: a stream is read from its start, and is at %d", first, s.at)
	}
	for done := 0; done < y.Rows; {
		if s.rest == nil || s.rest.Rows == 0 {
			var more bool
			if s.rest, more = s.pull(); !more {
				if s.err != nil {
					return s.err
				}
				return fmt.Errorf("the vectors end after %d of %d", s.at, s.n)
			}
			if s.rest.Cols != s.width {
				return fmt.Errorf("the vectors have width %d, not %d", s.rest.Cols, s.width)
			}
		}
		n := min(y.Rows-done, s.rest.Rows)
		copy(y.Data[done*s.width:], s.rest.Data[:n*s.width])
		s.rest = &matrix.Matrix{Rows: s.rest.Rows - n, Cols: s.width, Data: s.rest.Data[n*s.width:]}
		done += n
		s.at += n
	}
	if s.at == s.n {
		s.end()
	}
	return nil
}

// start begins a pass.
func (s *stream) start(ctx context.Context) {
	s.end()
	s.err, s.at, s.rest = nil, 0, nil
	next := 0
	s.pull, s.stop = iter.Pull(iter.Seq[*matrix.Matrix](func(yield func(*matrix.Matrix) bool) {
		s.err = s.each(ctx, func(first int, y *matrix.Matrix) error {
			if first != next {
				return fmt.Errorf("the vectors go on at text %d after %d texts", first, next)
			}
			next += y.Rows
			if !yield(y) {
				return errStopped
			}
			return nil
		})
	}))
}

// end ends a pass, read to its end or not.
func (s *stream) end() {
	if s.stop != nil {
		s.stop()
	}
	s.pull, s.stop = nil, nil
}
