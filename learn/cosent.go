package learn

import (
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/matrix"
)

// CoSENT returns a loss of pairs of texts with scores, and its gradients: log(1 + Σ exp((c_i −
// c_j)/temperature)) over all two pairs of the batch of which j has the higher score, c the
// cosine of a pair. It asks for the order of the scores, whatever their scale. a and b are
// B×D, scores B.
//
// Source: CoSENTLoss of sentence-transformers, whose scale 20 is the temperature 0.05.
func CoSENT(a, b *matrix.Matrix, scores []float64, temperature float64) (loss float64, da, db *matrix.Matrix) {
	if a.Rows != b.Rows || a.Rows != len(scores) {
		panic(fmt.Sprintf("learn: %d and %d texts with %d scores", a.Rows, b.Rows, len(scores)))
	}
	left, right := Unit(a), Unit(b)
	cosines, slopes := make([]float64, a.Rows), make([]float64, a.Rows)
	for i := range cosines {
		cosines[i] = matrix.Dot(left.Out.Row(i), right.Out.Row(i)) / temperature
	}
	top := 0.0 // the 1 is exp(0)
	for i, low := range scores {
		for j, high := range scores {
			if low < high {
				top = max(top, cosines[i]-cosines[j])
			}
		}
	}
	sum := math.Exp(-top)
	for i, low := range scores {
		for j, high := range scores {
			if low < high {
				e := math.Exp(cosines[i] - cosines[j] - top)
				sum += e
				slopes[i] += e
				slopes[j] -= e
			}
		}
	}
	da, db = matrix.New(a.Rows, a.Cols), matrix.New(b.Rows, b.Cols)
	for i, s := range slopes {
		s := float32(s / (sum * temperature))
		add(da.Row(i), s, right.Out.Row(i))
		add(db.Row(i), s, left.Out.Row(i))
	}
	return top + math.Log(sum), left.Backward(da), right.Backward(db)
}
