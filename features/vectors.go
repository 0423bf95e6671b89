package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/m2v-dev/m2v/matrix"
)

// Vectors are the vectors of a source, for one who asks for them batch after
// batch, such as fit.Solve. Close it. It is not for use by several goroutines.
type Vectors struct {
	source Source
	next   func() ([]float32, error, bool)
	stop   func()
	at     int       // texts before the next one
	left   []float32 // of the source's batch, what is still to be returned
}

// NewVectors returns the vectors of a source.
func NewVectors(s Source) *Vectors { return &Vectors{source: s} }

// Len returns N.
func (v *Vectors) Len() int { return v.source.Len() }

// Width returns H.
func (v *Vectors) Width() int { return v.source.Width() }

// Read fills y (n×H) with the vectors of texts first … first+n−1. It reads
// forwards: a first before the last one read begins a new pass over the source.
func (v *Vectors) Read(ctx context.Context, first int, y *matrix.Matrix) error {
	if first < 0 || first+y.Rows > v.Len() || y.Cols != v.Width() {
		return fmt.Errorf("features: read %d×%d vectors from %d: there are %d×%d", y.Rows, y.Cols, first, v.Len(), v.Width())
	}
	if v.next == nil || first < v.at {
		v.begin(ctx)
	}
	if err := v.take(nil, (first-v.at)*y.Cols); err != nil {
		return err
	}
	return v.take(y.Data[:y.Rows*y.Cols], y.Rows*y.Cols)
}

// begin begins a pass over the source.
func (v *Vectors) begin(ctx context.Context) {
	v.Close()
	v.next, v.stop = iter.Pull2(func(yield func([]float32, error) bool) {
		err := v.source.Each(ctx, func(_ int, _ []string, y *matrix.Matrix) error {
			if !yield(y.Data[:y.Rows*y.Cols], nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	})
}

var errStopped = errors.New("the pass was ended")

// take moves n values from the source to dst, or passes over them if dst is nil.
func (v *Vectors) take(dst []float32, n int) error {
	for n > 0 {
		if len(v.left) == 0 {
			some, err, ok := v.next()
			if err == nil && !ok {
				err = fmt.Errorf("features: read vectors: %w", io.ErrUnexpectedEOF)
			}
			if err != nil {
				v.Close()
				return err
			}
			v.left = some
		}
		k := min(n, len(v.left))
		if dst != nil {
			copy(dst, v.left[:k])
			dst = dst[k:]
		}
		v.left = v.left[k:]
		v.at += k / v.Width()
		n -= k
	}
	return nil
}

// Close ends the pass. Read may be called again.
func (v *Vectors) Close() {
	if v.stop != nil {
		v.stop()
	}
	v.next, v.stop, v.at, v.left = nil, nil, 0, nil
}
