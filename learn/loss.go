package learn

import (
	"math"

	"github.com/m2v-dev/m2v/matrix"
)

// ClassOptions change the losses of classifiers. The zero value changes nothing.
type ClassOptions struct {
	// Weights are those of the classes; nil: all are 1. For several labels a text they
	// count for the labels that a text has.
	Weights []float64
	// Gamma is the focal loss's: a probability p of the right answer counts (1−p)^Gamma.
	Gamma float64
}

// CrossEntropy returns the mean of −log softmax(scores)[class] over the texts, weighted by
// their classes, and its gradient, B×O. scores is B×O, classes B.
//
// Source: FocalLoss in model2vec's train/classifier.py.
func CrossEntropy(scores *matrix.Matrix, classes []int, o ClassOptions) (float64, *matrix.Matrix) {
	slope := matrix.New(scores.Rows, scores.Cols)
	var loss, total float64
	for i, c := range classes {
		w := 1.0
		if o.Weights != nil {
			w = o.Weights[c]
		}
		total += w
		nll, p := logLoss(scores.Row(i), c)
		focus, dFocus := focal(nll, o.Gamma)
		loss += w * focus * nll
		d := w * (focus + dFocus*nll) // by nll
		row := slope.Row(i)
		for j := range row {
			row[j] = float32(d * p[j])
		}
		row[c] = float32(d * (p[c] - 1))
	}
	if total == 0 {
		return 0, slope
	}
	scale(slope.Data, float32(1/total))
	return loss / total, slope
}

// logLoss returns −log softmax(row)[c] and the softmax.
func logLoss(row []float32, c int) (float64, []float64) {
	top := float64(row[0])
	for _, v := range row {
		top = max(top, float64(v))
	}
	p := make([]float64, len(row))
	var sum float64
	for j, v := range row {
		p[j] = math.Exp(float64(v) - top)
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return math.Log(sum) - (float64(row[c]) - top), p
}

// focal returns (1−p)^gamma of a probability p = exp(−nll), and its derivative by nll.
func focal(nll, gamma float64) (focus, derivative float64) {
	if gamma == 0 {
		return 1, 0
	}
	rest := max(-math.Expm1(-nll), math.SmallestNonzeroFloat32)
	focus = math.Pow(rest, gamma)
	return focus, gamma * math.Pow(rest, gamma-1) * math.Exp(-nll)
}

// BinaryCrossEntropy returns the mean over all texts and labels of the cross-entropy of
// sigmoid(scores) with targets, which are 0 or 1, and its gradient. Both are B×O.
//
// Source: BinaryFocalLoss in model2vec's train/classifier.py.
func BinaryCrossEntropy(scores, targets *matrix.Matrix, o ClassOptions) (float64, *matrix.Matrix) {
	slope := matrix.New(scores.Rows, scores.Cols)
	var loss float64
	n := float64(len(scores.Data))
	for i, s := range scores.Data {
		z, y, w := float64(s), float64(targets.Data[i]), 1.0
		if o.Weights != nil {
			w = o.Weights[i%scores.Cols]
		}
		no := max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) // −log(1−p)
		yes := no - z                                        // −log p
		p := sigmoid(z)
		weighted, slopeW := w*y*yes+(1-y)*no, w*y*(p-1)+(1-y)*p
		nll, slopeN := y*yes+(1-y)*no, p-y
		focus, dFocus := focal(nll, o.Gamma)
		loss += focus * weighted / n
		slope.Data[i] = float32((focus*slopeW + dFocus*slopeN*weighted) / n)
	}
	return loss, slope
}

// MSE returns the mean squared difference over all values, and its gradient by out.
func MSE(out, targets *matrix.Matrix) (float64, *matrix.Matrix) {
	slope := matrix.New(out.Rows, out.Cols)
	var loss float64
	n := float64(len(out.Data))
	for i, v := range out.Data {
		d := float64(v) - float64(targets.Data[i])
		loss += d * d / n
		slope.Data[i] = float32(2 * d / n)
	}
	return loss, slope
}

// Cosine returns the mean of 1 − cosine of the rows of out and of targets, and its gradient
// by out.
//
// Source: CosineLoss in model2vec's train/similarity.py.
func Cosine(out, targets *matrix.Matrix) (float64, *matrix.Matrix) {
	unit, goal := Unit(out), Unit(targets)
	slope := matrix.New(out.Rows, out.Cols)
	var loss float64
	for i := range out.Rows {
		loss += (1 - matrix.Dot(unit.Out.Row(i), goal.Out.Row(i))) / float64(out.Rows)
		add(slope.Row(i), -1/float32(out.Rows), goal.Out.Row(i))
	}
	return loss, unit.Backward(slope)
}
