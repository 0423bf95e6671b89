package fit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// blockPrior is one teacher's part of the prior before it is projected: rows of width
// H of all tokens, or of those that texts hold.
type blockPrior interface {
	tokens() int
	token(i int) int          // of row i
	write(x []float64, i int) // row i, H values
	seen(t *Texts) *panels    // rows of the tokens that texts hold
}

// prior sets the rows to P: each teacher's prior in the targets' space, all times one
// number so that the mean of ‖(S·P)_n‖ is 1. It sets the weights a of the texts.
func (s *solver) prior() error {
	rows := matrix.New(s.texts.Vocabulary(), s.projection.basis.Cols)
	for k := range s.blocks {
		if err := s.addPrior(rows, k); err != nil {
			return err
		}
	}
	s.result.Rows = rows
	if s.left--; s.left == 0 {
		s.sums = nil // their memory is free
	}

	lengths := norms(s.texts, s.targets.used, s.seen(), s.options.Threads)
	mean := meanOver(lengths, s.targets.count)
	if !(mean > 0) || math.IsInf(mean, 1) {
		return fmt.Errorf("fit: the mean length of the texts' vectors is %v with the prior as rows: the teacher's rows are all alike or not finite", mean)
	}
	factor := float32(1 / mean)
	for i := range rows.Data {
		rows.Data[i] *= factor
	}
	const nothing = 1e-6
	s.a = lengths
	for n, v := range lengths {
		s.a[n] = 0
		if float64(v)/mean > nothing {
			s.a[n] = float32(mean / float64(v))
		}
	}
	return nil
}

// addPrior adds teacher k's prior to rows (V×D). Of several teachers each is scaled so
// that the mean of ‖(S·P_k)_n‖ is 1/√k; the scale of a single one does not matter.
func (s *solver) addPrior(rows *matrix.Matrix, k int) error {
	t := s.targets
	p := s.blockPrior(k)
	scale := 1.0
	if len(s.blocks) > 1 {
		mean := meanOver(norms(s.texts, t.used, p.seen(s.texts), s.options.Threads), t.count)
		if !(mean > 0) || math.IsInf(mean, 1) {
			return fmt.Errorf("fit: the mean length of the texts' vectors is %v with teacher %d's prior as rows", mean, k)
		}
		scale = 1 / (mean * math.Sqrt(float64(len(s.blocks))))
	}
	if s.options.MapPrior {
		s.priors, s.scales = append(s.priors, p), append(s.scales, scale)
	}
	d, basis := s.projection.basis.Cols, s.projection.basis.Data
	addProjected(rows, p, scale, blas64.General{
		Rows: t.at[k+1] - t.at[k], Cols: d, Stride: d, Data: basis[t.at[k]*d : t.at[k+1]*d],
	})
	return nil
}

func (s *solver) blockPrior(k int) blockPrior {
	if sum := s.sums[k]; sum != nil {
		sum.average(s.mass, s.texts.Vocabulary()-s.options.Words)
		return sum
	}
	return newCentredRows(s.blocks[k].Rows, s.weights)
}

// addProjected adds p's rows times scale, projected on basis (H×D), to rows (V×D).
func addProjected(rows *matrix.Matrix, p blockPrior, scale float64, basis blas64.General) {
	const block = 2048
	h, d, all := basis.Rows, basis.Cols, p.tokens()
	x, y := make([]float64, min(block, all)*h), make([]float64, min(block, all)*d)
	for first := 0; first < all; first += block {
		n := min(block, all-first)
		for i := range n {
			p.write(x[i*h:][:h], first+i)
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas64.General{Rows: n, Cols: h, Stride: h, Data: x[:n*h]}, basis,
			0, blas64.General{Rows: n, Cols: d, Stride: d, Data: y[:n*d]}) // n×D
		for i := range n {
			to := rows.Row(p.token(first + i))
			for j, v := range y[i*d:][:d] {
				to[j] += float32(v * scale)
			}
		}
	}
}

// seen returns the rows, as they are now, of the tokens that texts hold.
func (s *solver) seen() *panels {
	p := newPanels(s.texts.Seen(), s.result.Rows.Cols)
	for i, token := range s.texts.seen {
		p.set(i, s.result.Rows.Row(int(token)))
	}
	return p
}

// norms returns ‖(S·p)_n‖ of each used text, 0 for the others; p has a row for each
// token seen.
func norms(t *Texts, used []bool, p *panels, threads int) []float32 {
	const block = 512
	out := make([]float32, t.Len())
	parallel.Each(threads, (t.Len()+block-1)/block, func(i int) {
		var y row
		for n := i * block; n < min((i+1)*block, t.Len()); n++ {
			if !used[n] {
				continue
			}
			var sum float64
			for _, data := range p.data {
				gather(&y, data, t.text(n))
				for _, v := range y {
					sum += float64(float64(v) * float64(v))
				}
			}
			out[n] = float32(math.Sqrt(sum))
		}
	})
	return out
}

// meanOver returns the mean of values over the used texts.
func meanOver(values []float32, count int) float64 {
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(count)
}
