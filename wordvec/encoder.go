package wordvec

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// A Tokenizer turns a text into the numbers of its tokens' rows. It is safe for
// concurrent use.
type Tokenizer interface {
	// AppendRows appends the row of each token of text, in order, to dst. What is
	// no token has no row.
	AppendRows(dst []int32, text string) []int32
}

// An Encoder averages rows: the vector of a text is the mean of the rows of its
// tokens, as long as it comes out; that of a text without tokens is zeros. It is
// safe for concurrent use.
type Encoder struct {
	rows      *matrix.Matrix // V×D
	tokenizer Tokenizer
}

// NewEncoder returns an encoder of rows, V×D, which it keeps. Rows that the
// tokenizer gives are in [0, V).
func NewEncoder(rows *matrix.Matrix, t Tokenizer) *Encoder { return &Encoder{rows, t} }

// Rows returns V, the number of rows.
func (e *Encoder) Rows() int { return e.rows.Rows }

// Dims returns D.
func (e *Encoder) Dims() int { return e.rows.Cols }

// encodeBatch is how many texts a goroutine takes at a time.
const encodeBatch = 32

// Encode writes the vector of texts[i] to row i of dst, len(texts)×D. The only
// errors are a dst of another size and the end of ctx.
func (e *Encoder) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	if dst.Rows != len(texts) || dst.Cols != e.Dims() {
		return fmt.Errorf("wordvec: encode: %d texts × %d dimensions into %d×%d", len(texts), e.Dims(), dst.Rows, dst.Cols)
	}
	parallel.Workers(parallel.Cores(), len(texts), encodeBatch, func() func(from, to int) {
		var rows []int32
		total := make([]float64, e.Dims())
		return func(from, to int) {
			if ctx.Err() != nil {
				return
			}
			for i := from; i < to; i++ {
				rows = e.tokenizer.AppendRows(rows[:0], texts[i])
				e.mean(dst.Row(i), rows, total)
			}
		}
	})
	return ctx.Err()
}

// mean writes the mean of rows to dst. total, of length D, is overwritten.
func (e *Encoder) mean(dst []float32, rows []int32, total []float64) {
	clear(total)
	for _, r := range rows {
		for j, v := range e.rows.Row(int(r)) {
			total[j] += float64(v)
		}
	}
	n := float64(max(1, len(rows)))
	for j, v := range total {
		dst[j] = float32(v / n)
	}
}
