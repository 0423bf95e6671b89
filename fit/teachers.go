package fit

import (
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// centredRows is the prior of a teacher with rows: the rows less their mean, times
// their weights.
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

func (c *centredRows) tokens() int     { return c.rows.Rows }
func (c *centredRows) token(i int) int { return i }

func (c *centredRows) write(x []float64, i int) {
	w := c.weights[i]
	for j, v := range c.rows.Row(i) {
		x[j] = (float64(v) - c.mean[j]) * w
	}
}

func (c *centredRows) seen(t *Texts) *panels {
	out := newPanels(t.Seen(), c.rows.Cols)
	x, y := make([]float64, c.rows.Cols), make([]float32, c.rows.Cols)
	for i, token := range t.seen {
		if int(token) >= c.rows.Rows {
			continue // a word, whose prior is zero
		}
		c.write(x, int(token))
		for j, v := range x {
			y[j] = float32(v)
		}
		out.set(i, y)
	}
	return out
}

// seenWeight is the constant of a token's weight by its share q of the texts,
// seenWeight/(seenWeight + q), where a teacher has no rows. smoothing is added to a
// token's mass, so that tokens of hardly any text do not stand out.
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

// sums is the prior of a teacher without rows: Σ_n S[n,t]·X[n] of its prepared vectors,
// and once they are averaged each token's mean vector times its weight.
type sums struct {
	texts    *Texts
	threads  int
	from, to int     // columns of the joint vectors
	total    *panels // tokens seen × H
	batch    *panels // scratch
	averaged bool
}

// add adds the vectors of a batch.
func (s *sums) add(b batch) {
	if s.batch == nil {
		s.batch = newPanels(BatchTexts, s.to-s.from)
	}
	for i := range b.numbers {
		s.batch.set(i, b.joint.Row(i)[s.from:s.to])
	}
	parallel.Each(s.threads, len(s.total.data), func(p int) {
		for i, n := range b.numbers {
			scatter(s.total.data[p], s.texts.text(n), (*row)(s.batch.data[p][i*lanes:]))
		}
	})
}

// average turns the sums into the prior; that of tokens from words on is zero.
func (s *sums) average(mass []float64, words int) {
	if s.averaged {
		return
	}
	s.averaged, s.batch = true, nil
	var all float64
	for _, v := range mass {
		all += v
	}
	for t, m := range mass {
		factor := float32(seenWeight / (seenWeight + m/all) / (m + smoothing))
		if int(s.texts.seen[t]) >= words {
			factor = 0
		}
		for _, data := range s.total.data {
			for j := range data[t*lanes:][:lanes] {
				data[t*lanes+j] *= factor
			}
		}
	}
}

func (s *sums) tokens() int         { return s.total.rows }
func (s *sums) token(i int) int     { return int(s.texts.seen[i]) }
func (s *sums) seen(*Texts) *panels { return s.total }

func (s *sums) write(x []float64, i int) {
	for p, data := range s.total.data {
		for j, v := range data[i*lanes : i*lanes+min(lanes, len(x)-p*lanes)] {
			x[p*lanes+j] = float64(v)
		}
	}
}
