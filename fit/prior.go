package fit

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/matrix"
)

// seenWeight is the constant of a token's weight by its share q of the texts,
// seenWeight/(seenWeight + q), where a teacher has no rows; smoothing is what is
// added to a token's mass, so that tokens of hardly any text do not stand out.
const (
	seenWeight = 1e-3
	smoothing  = 0.5
)

// mass returns Σ_n S[n,t] over the used texts, for each token seen.
func mass(t *Texts, used []bool) []float64 {
	m := make([]float64, t.Seen())
	for n, use := range used {
		if use {
			for _, e := range t.text(n) {
				m[e.column] += float64(e.share)
			}
		}
	}
	return m
}

// sums are Σ_n S[n,t]·X[n] of one teacher's prepared vectors: tokens seen × H.
type sums struct {
	texts    *Texts
	threads  int
	from, to int // columns of the joint vectors
	total    *panels
	batch    *panels
}

func (s *sums) add(b batch) {
	if s.batch == nil {
		s.batch = newPanels(BatchTexts, s.to-s.from)
	}
	for i := range b.numbers {
		s.batch.set(i, b.joint.Row(i)[s.from:s.to])
	}
	parallel(s.threads, len(s.total.data), func(p int) {
		for i, n := range b.numbers {
			scatter(s.total.data[p], s.texts.text(n), (*row)(s.batch.data[p][i*lanes:]))
		}
	})
}

// means turns the sums into the prior of a teacher without rows: each token's mean
// vector times its weight.
func (s *sums) means(mass []float64) {
	var all float64
	for _, v := range mass {
		all += v
	}
	for t, m := range mass {
		factor := float32(seenWeight / (seenWeight + m/all) / (m + smoothing))
		for _, data := range s.total.data {
			for j := range data[t*lanes:][:lanes] {
				data[t*lanes+j] *= factor
			}
		}
	}
}

// centredRows are a teacher's rows as its prior: less their mean, times weights.
type centredRows struct {
	rows    *matrix.Matrix // V×H
	mean    []float64      // H
	weights []float64      // V
}

func newCentredRows(rows *matrix.Matrix, weights []float64) *centredRows {
	c := &centredRows{rows: rows, mean: make([]float64, rows.Cols), weights: weights}
	for i := range rows.Rows {
		for j, v := range rows.Row(i) {
			c.mean[j] += float64(v)
		}
	}
	for j := range c.mean {
		c.mean[j] /= float64(rows.Rows)
	}
	return c
}

// write writes row t to x, times factor.
func (c *centredRows) write(x []float64, t int, factor float64) {
	factor *= c.weights[t]
	for j, v := range c.rows.Row(t) {
		x[j] = (float64(v) - c.mean[j]) * factor
	}
}

// seen returns the rows of the tokens seen.
func (c *centredRows) seen(t *Texts) *panels {
	out := newPanels(t.Seen(), c.rows.Cols)
	x, y := make([]float64, c.rows.Cols), make([]float32, c.rows.Cols)
	for i, token := range t.seen {
		c.write(x, int(token), 1)
		for j, v := range x {
			y[j] = float32(v)
		}
		out.set(i, y)
	}
	return out
}

// addProjected adds rows·basis to rows of out (V×D). tokens are the rows' places in
// out, and write gives row i, of width basis.Rows.
func addProjected(out *matrix.Matrix, basis blas64.General, tokens int, place func(i int) int, write func(x []float64, i int)) {
	const block = 2048
	h, d := basis.Rows, basis.Cols
	x, y := make([]float64, min(block, tokens)*h), make([]float64, min(block, tokens)*d)
	for first := 0; first < tokens; first += block {
		n := min(block, tokens-first)
		for i := range n {
			write(x[i*h:][:h], first+i)
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas64.General{Rows: n, Cols: h, Stride: h, Data: x[:n*h]}, basis,
			0, blas64.General{Rows: n, Cols: d, Stride: d, Data: y[:n*d]}) // n×D
		for i := range n {
			to := out.Row(place(first + i))
			for j, v := range y[i*d:][:d] {
				to[j] += float32(v)
			}
		}
	}
}

// norms returns ‖(S·p)_n‖ of each used text, 0 for the others; p has a row for each
// token seen.
func norms(t *Texts, used []bool, p *panels, threads int) []float64 {
	const block = 512
	out := make([]float64, t.Len())
	parallel(threads, (t.Len()+block-1)/block, func(i int) {
		var y row
		for n := i * block; n < min((i+1)*block, t.Len()); n++ {
			if !used[n] {
				continue
			}
			for _, data := range p.data {
				gather(&y, data, t.text(n))
				for _, v := range y {
					out[n] += float64(float64(v) * float64(v))
				}
			}
			out[n] = math.Sqrt(out[n])
		}
	})
	return out
}

// meanOver returns the mean of values over the used texts.
func meanOver(values []float64, count int) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(count)
}
