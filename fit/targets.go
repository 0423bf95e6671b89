package fit

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

// passes is how often the vectors of all texts are read.
const passes = 3

// targets makes T of the teachers' vectors, a batch at a time, in three passes:
// examine, components, and each, which hands T out.
type targets struct {
	texts    *Texts
	blocks   []Block
	progress func(done int) // texts read, in all passes

	used  []bool      // N: the text has tokens, and all its vectors are good
	count int         // how many texts are used
	bad   []int       // texts with a vector that is zero or not finite
	means [][]float64 // of each teacher, H: the mean of its unit vectors
	at    []int       // of each teacher, its first column among ΣH; then ΣH

	basis   *pca.Basis     // of the joint vectors
	project blas64.General // ΣH×D, whitened components
	extreme []float64      // D, the score of largest magnitude
	done    int
}

// batch is the vectors of consecutive texts, the used ones only.
type batch struct {
	numbers []int          // of the texts
	joint   *matrix.Matrix // n×ΣH
}

// minNorm is the length below which a vector counts as zero.
const minNorm = 1e-12

// read calls f with each teacher's vectors (n×H) of texts first … first+n−1.
func (t *targets) read(ctx context.Context, f func(first int, y []*matrix.Matrix) error) error {
	y := make([]*matrix.Matrix, len(t.blocks))
	buffers := make([][]float32, len(t.blocks))
	for first := 0; first < t.texts.Len(); first += BatchTexts {
		n := min(BatchTexts, t.texts.Len()-first)
		for k, b := range t.blocks {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("fit: read vectors: %w", err)
			}
			width := b.Vectors.Width()
			if buffers[k] == nil {
				buffers[k] = make([]float32, n*width)
			}
			y[k] = &matrix.Matrix{Rows: n, Cols: width, Data: buffers[k][:n*width]}
			if err := b.Vectors.Read(ctx, first, y[k]); err != nil {
				return fmt.Errorf("fit: read vectors of texts %d … %d: %w", first, first+n-1, err)
			}
		}
		if err := f(first, y); err != nil {
			return err
		}
		t.done += n
		t.progress(t.done)
	}
	return nil
}

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

// examine finds the texts that can be used and the mean of each teacher's unit vectors.
func (t *targets) examine(ctx context.Context) error {
	t.used = make([]bool, t.texts.Len())
	t.means = make([][]float64, len(t.blocks))
	t.at = make([]int, len(t.blocks)+1)
	for k, b := range t.blocks {
		t.means[k] = make([]float64, b.Vectors.Width())
		t.at[k+1] = t.at[k] + b.Vectors.Width()
	}
	lengths := make([]float64, len(t.blocks))
	err := t.read(ctx, func(first int, y []*matrix.Matrix) error {
		for i := range y[0].Rows {
			if len(t.texts.text(first+i)) == 0 {
				continue
			}
			good := true
			for k := range y {
				lengths[k] = length(y[k].Row(i))
				good = good && lengths[k] > minNorm && !math.IsInf(lengths[k], 1) // NaN is no number above
			}
			if !good {
				t.bad = append(t.bad, first+i)
				continue
			}
			t.used[first+i] = true
			t.count++
			for k := range y {
				for j, v := range y[k].Row(i) {
					t.means[k][j] += float64(v) / lengths[k]
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
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

// prepared calls f with the used texts of each batch: their vectors at unit length,
// centred; of several teachers at unit length once more, so that each counts alike,
// divided by √k, side by side.
func (t *targets) prepared(ctx context.Context, f func(b batch) error) error {
	width := t.at[len(t.blocks)]
	numbers := make([]int, 0, BatchTexts)
	buffer := make([]float32, min(BatchTexts, t.texts.Len())*width)
	share := 1 / math.Sqrt(float64(len(t.blocks)))
	return t.read(ctx, func(first int, y []*matrix.Matrix) error {
		numbers = numbers[:0]
		for i := range y[0].Rows {
			if !t.used[first+i] {
				continue
			}
			joint := buffer[len(numbers)*width:][:width]
			numbers = append(numbers, first+i)
			for k := range y {
				t.centre(joint[t.at[k]:t.at[k+1]], y[k].Row(i), t.means[k], share)
			}
		}
		return f(batch{numbers, &matrix.Matrix{Rows: len(numbers), Cols: width, Data: buffer[:len(numbers)*width]}})
	})
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

// components finds the principal components of the joint vectors, and calls also
// with each batch.
func (t *targets) components(ctx context.Context, also func(b batch)) error {
	moments := pca.NewMoments(t.at[len(t.blocks)])
	err := t.prepared(ctx, func(b batch) error {
		also(b)
		return moments.Add(ctx, b.joint)
	})
	if err != nil {
		return err
	}
	if t.basis, err = moments.Fit(); err != nil {
		return err
	}
	if !(t.basis.Variances[0] > noVariance) {
		return fmt.Errorf("fit: the vectors of all %d texts point the same way: there is nothing to fit", t.count)
	}
	return nil
}

// smallestVariance is the floor of a component's variance, relative to the largest.
const smallestVariance = 1e-9

// whiten keeps D components and sets project to ΣH×D, component j divided by
// variance^(A/2). It returns the D variances, over N.
func (t *targets) whiten(dims int, a float64) []float64 {
	h := t.basis.Width()
	t.project = blas64.General{Rows: h, Cols: dims, Stride: dims, Data: make([]float64, h*dims)}
	t.extreme = make([]float64, dims)
	variances := make([]float64, dims)
	overN := float64(t.count-1) / float64(t.count)
	for j := range dims {
		variances[j] = overN * max(t.basis.Variances[j], smallestVariance*t.basis.Variances[0])
		factor := math.Pow(variances[j], -a/2)
		for i, v := range t.basis.Component(j) {
			t.project.Data[i*dims+j] = v * factor
		}
	}
	return variances
}

// each calls f with the targets (n×D, unit length) of each batch.
func (t *targets) each(ctx context.Context, f func(numbers []int, y *panels)) error {
	h, d := t.project.Rows, t.project.Cols
	rows := min(BatchTexts, t.texts.Len())
	centred, scores := make([]float64, rows*h), make([]float64, rows*d)
	out := newPanels(rows, d)
	target := make([]float32, d)
	return t.prepared(ctx, func(b batch) error {
		n := len(b.numbers)
		if n == 0 {
			return nil
		}
		for i := range n {
			to := centred[i*h:][:h]
			for j, v := range b.joint.Row(i) {
				to[j] = float64(v) - t.basis.Mean[j]
			}
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas64.General{Rows: n, Cols: h, Stride: h, Data: centred[:n*h]}, t.project,
			0, blas64.General{Rows: n, Cols: d, Stride: d, Data: scores[:n*d]}) // n×D
		for i := range n {
			t.unit(target, scores[i*d:][:d])
			out.set(i, target)
		}
		f(b.numbers, out)
		return nil
	})
}

// unit writes scores at unit length to target and keeps the extremes.
func (t *targets) unit(target []float32, scores []float64) {
	var sum float64
	for j, s := range scores {
		if math.Abs(s) > math.Abs(t.extreme[j]) {
			t.extreme[j] = s
		}
		sum += float64(s * s)
	}
	factor := 1 / max(math.Sqrt(sum), minNorm)
	for j, s := range scores {
		target[j] = float32(s * factor)
	}
}
