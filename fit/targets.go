package fit

import (
	"context"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

// targets are what the vectors of some texts tell, in two passes over them (examine,
// components), and prepares the vectors for the third, in which projections make T.
type targets struct {
	texts  *Texts
	blocks []Block

	used  []bool      // N: the text has tokens, and all its vectors are good
	count int         // how many texts are used
	bad   []int       // texts with a vector that is zero or not finite
	means [][]float64 // of each teacher, H: the mean of its unit vectors
	at    []int       // of each teacher, its first column among ΣH; then ΣH

	lengths []float64    // scratch of examine
	moments *pca.Moments // of the joint vectors, while they are read
	basis   *pca.Basis   // of the joint vectors
	numbers []int        // scratch of prepare
	buffer  []float32
}

func newTargets(texts *Texts, blocks []Block) *targets {
	t := &targets{texts: texts, blocks: blocks, used: make([]bool, texts.Len()), means: make([][]float64, len(blocks)), at: make([]int, len(blocks)+1), lengths: make([]float64, len(blocks))}
	for k, b := range blocks {
		t.means[k] = make([]float64, b.Vectors.Width())
		t.at[k+1] = t.at[k] + b.Vectors.Width()
	}
	return t
}

// width is ΣH.
func (t *targets) width() int { return t.at[len(t.blocks)] }

// batch is the vectors of consecutive texts, the used ones only.
type batch struct {
	numbers []int          // of the texts
	joint   *matrix.Matrix // n×ΣH
}

// minNorm is the length below which a vector counts as zero.
const minNorm = 1e-12

// length returns the Euclidean norm.
func length(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(float64(x) * float64(x))
	}
	return math.Sqrt(sum)
}

// badShare is how many of the vectors may be zero or not finite.
const badShare = 0.01

// examine finds the texts of a batch that can be used, and adds to each teacher's sum of
// unit vectors.
func (t *targets) examine(first int, y []*matrix.Matrix) error {
	for i := range y[0].Rows {
		if len(t.texts.text(first+i)) == 0 {
			continue
		}
		good := true
		for k := range y {
			t.lengths[k] = length(y[k].Row(i))
			good = good && t.lengths[k] > minNorm && !math.IsInf(t.lengths[k], 1) // NaN is no number above
		}
		if !good {
			t.bad = append(t.bad, first+i)
			continue
		}
		t.used[first+i] = true
		t.count++
		for k := range y {
			for j, v := range y[k].Row(i) {
				t.means[k][j] += float64(v) / t.lengths[k]
			}
		}
	}
	return nil
}

// examined makes means of the sums, and refuses vectors that are no good.
func (t *targets) examined() error {
	if with := t.count + len(t.bad); float64(len(t.bad)) > badShare*float64(with) {
		return fmt.Errorf("fit: %d of %d vectors are zero or not finite, the first of text %d: at most 1 %% may be so; make the vectors again",
			len(t.bad), with, t.bad[0])
	}
	if t.count < 2 {
		return fmt.Errorf("fit: %d of %d texts can be used: a fit needs 2 or more with a token that the student knows", t.count, t.texts.Len())
	}
	for _, mean := range t.means {
		for j := range mean {
			mean[j] /= float64(t.count)
		}
	}
	return nil
}

// prepare returns the used texts of a batch: their vectors at unit length, centred; of
// several teachers at unit length once more, so that each counts alike, divided by √k,
// side by side. They are valid until the next call.
func (t *targets) prepare(first int, y []*matrix.Matrix) batch {
	width := t.width()
	if t.buffer == nil {
		t.buffer = make([]float32, min(BatchTexts, t.texts.Len())*width)
	}
	share := 1 / math.Sqrt(float64(len(t.blocks)))
	t.numbers = t.numbers[:0]
	for i := range y[0].Rows {
		if !t.used[first+i] {
			continue
		}
		joint := t.buffer[len(t.numbers)*width:][:width]
		t.numbers = append(t.numbers, first+i)
		for k := range y {
			t.centre(joint[t.at[k]:t.at[k+1]], y[k].Row(i), t.means[k], share)
		}
	}
	n := len(t.numbers)
	return batch{t.numbers, &matrix.Matrix{Rows: n, Cols: width, Data: t.buffer[:n*width]}}
}

// centre writes one teacher's prepared vector to x.
func (t *targets) centre(x, y []float32, mean []float64, share float64) {
	inverse := 1 / length(y)
	for j, v := range y {
		x[j] = float32(float64(v)*inverse - mean[j])
	}
	if len(t.blocks) == 1 {
		return
	}
	factor := share / max(length(x), minNorm)
	for j, v := range x {
		x[j] = float32(float64(v) * factor)
	}
}

// noVariance is rounding's: vectors are of length 1, in float32.
const noVariance = 1e-12

// gather adds a batch to the moments of the joint vectors.
func (t *targets) gather(ctx context.Context, b batch) error {
	if t.moments == nil {
		t.moments = pca.NewMoments(t.width())
	}
	return t.moments.Add(ctx, b.joint)
}

// components finds the principal components of the joint vectors.
func (t *targets) components() (err error) {
	if t.basis, err = t.moments.Fit(); err != nil {
		return err
	}
	t.moments = nil
	if !(t.basis.Variances[0] > noVariance) {
		return fmt.Errorf("fit: the vectors of all %d texts point the same way: there is nothing to fit", t.count)
	}
	return nil
}
