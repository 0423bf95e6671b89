package fit

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// mapPrior sets the rows to the teachers' prior F (V×ΣH) times the matrix M (ΣH×D)
// that brings the texts nearest to their targets, Σ_n ‖a_n (S·F·M)_n − T_n‖²: what a
// teacher's rows say in the space of its vectors of texts. The weights a stay.
//
// M solves G·M = Fᵀ(aS)ᵀT with G = Fᵀ(aS)ᵀ(aS)F, ΣH×ΣH.
func (s *solver) mapPrior(ctx context.Context) error {
	if !s.options.MapPrior {
		return nil
	}
	t := s.targets
	if h := t.width(); t.count < textsPerColumn*h {
		s.result.Warnings = append(s.result.Warnings, fmt.Sprintf("%d texts are few to map a prior of width %d: with fewer than %d texts the map may do harm", t.count, h, textsPerColumn*h))
	}
	seen := s.joint()
	gram, err := s.gram(ctx, seen)
	if err != nil {
		return err
	}
	m := cross(seen, s.t, t.at[len(s.blocks)], s.projection.basis.Cols)
	if err := solveSymmetric(gram, m); err != nil {
		return err
	}
	clear(s.result.Rows.Data)
	for k, prior := range s.priors {
		from, to := t.at[k], t.at[k+1]
		addProjected(s.result.Rows, prior, s.scales[k], blas64.General{Rows: to - from, Cols: m.Cols, Stride: m.Stride, Data: m.Data[from*m.Stride : to*m.Stride]})
	}
	return nil
}

// joint returns F of the tokens that texts hold, seen×ΣH.
func (s *solver) joint() *panels {
	t := s.targets
	all := newPanels(s.texts.Seen(), t.at[len(s.blocks)])
	column := make([]int32, s.texts.Vocabulary()) // of a token, 1 more
	for i, token := range s.texts.seen {
		column[token] = int32(i) + 1
	}
	row := make([]float32, t.at[len(s.blocks)])
	x := make([]float64, len(row))
	for k, prior := range s.priors {
		from, to := t.at[k], t.at[k+1]
		for i := range prior.tokens() {
			c := int(column[prior.token(i)]) - 1
			if c < 0 {
				continue
			}
			prior.write(x[:to-from], i)
			all.get(row, c)
			for j, v := range x[:to-from] {
				row[from+j] = float32(v * s.scales[k])
			}
			all.set(c, row)
		}
	}
	return all
}

// gram returns Fᵀ(aS)ᵀ(aS)F, of a block of texts at a time.
func (s *solver) gram(ctx context.Context, seen *panels) (blas64.Symmetric, error) {
	const block = 2048
	h := s.targets.at[len(s.blocks)]
	g := blas64.Symmetric{N: h, Stride: h, Data: make([]float64, h*h), Uplo: blas.Upper}
	x := blas64.General{Rows: block, Cols: h, Stride: h, Data: make([]float64, block*h)}
	for first := 0; first < s.texts.Len(); first += block {
		if err := ctx.Err(); err != nil {
			return g, fmt.Errorf("fit: map the prior: %w", err)
		}
		x.Rows = min(block, s.texts.Len()-first)
		parallel.Each(s.options.Threads, len(seen.data), func(p int) {
			var y row
			width := min(lanes, h-p*lanes)
			for i := range x.Rows {
				gather(&y, seen.data[p], s.texts.text(first+i))
				for j, v := range y[:width] {
					x.Data[i*h+p*lanes+j] = float64(v) * float64(s.a[first+i])
				}
			}
		})
		blas64.Syrk(blas.Trans, 1, x, 1, g)
	}
	return g, nil
}

// cross returns Fᵀ·r, ΣH×D, of rows F and r of the tokens that texts hold.
func cross(seen, r *panels, h, d int) blas64.General {
	const block = 2048
	out := blas64.General{Rows: h, Cols: d, Stride: d, Data: make([]float64, h*d)}
	f, g := make([]float64, block*h), make([]float64, block*d)
	x, y := make([]float32, h), make([]float32, d)
	for first := 0; first < seen.rows; first += block {
		n := min(block, seen.rows-first)
		for i := range n {
			seen.get(x, first+i)
			r.get(y, first+i)
			for j, v := range x {
				f[i*h+j] = float64(v)
			}
			for j, v := range y {
				g[i*d+j] = float64(v)
			}
		}
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, blas64.General{Rows: n, Cols: h, Stride: h, Data: f[:n*h]},
			blas64.General{Rows: n, Cols: d, Stride: d, Data: g[:n*d]}, 1, out)
	}
	return out
}

// textsPerColumn is how many texts for each dimension of the teachers a map needs; with
// fewer a warning says so.
const textsPerColumn = 10

// mapRidge keeps M finite where the teachers' rows do not fill their width, relative to
// the mean of G's diagonal.
const mapRidge = 1e-9

// solveSymmetric turns m into g⁻¹·m.
func solveSymmetric(g blas64.Symmetric, m blas64.General) error {
	var trace float64
	for i := range g.N {
		trace += g.Data[i*g.Stride+i]
	}
	for i := range g.N {
		g.Data[i*g.Stride+i] += mapRidge * trace / float64(g.N)
	}
	t, ok := lapack64.Potrf(g)
	if !ok || !(trace > 0) {
		return fmt.Errorf("fit: map the prior: the teachers' rows, of %d dimensions, are linearly dependent", g.N)
	}
	lapack64.Potrs(t, m)
	return nil
}
