package metric

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// Wanted values: scipy 1.17.1 (spearmanr, pearsonr) and scikit-learn 1.9.1
// (average_precision_score, v_measure_score).
func TestMetrics(t *testing.T) {
	x, y := []float64{0.1, 0.4, 0.4, 0.9, 0.2}, []float64{1, 3, 2, 5, 1}
	rho, err := Spearman(x, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "spearman", rho, 0.9473684210526317)
	r, err := Pearson(x, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "pearson", r, 0.9694584179118515)
	near(t, "average precision", AveragePrecision([]float64{0.9, 0.8, 0.8, 0.3, 0.1}, []bool{true, false, true, false, true}), 0.7555555555555555)
	near(t, "V-measure", VMeasure([]int32{0, 0, 1, 1, 2, 2}, []int32{0, 0, 1, 2, 2, 2}), 0.739667376800759)
	// By hand: grades 1 at ranks 1 and 3, of two relevant documents, whose best ranks are 1 and 2.
	near(t, "nDCG", NDCG([]float64{1, 0, 1}, []float64{1, 1, 0}, 10), (1+1/math.Log2(4))/(1+1/math.Log2(3)))
}

func TestCorrelationOfConstants(t *testing.T) {
	if _, err := Spearman([]float64{1, 1, 1}, []float64{1, 2, 3}); !errors.Is(err, ErrConstant) {
		t.Errorf("spearman of equal values: %v, want %v", err, ErrConstant)
	}
}

// testdata/gen/eval_hub.py, scipy 1.17.1.
func TestPValue(t *testing.T) {
	for _, c := range []struct {
		r    float64
		n    int
		want float64
	}{{0.5, 16, 0.04858028888702389}, {-0.3, 5, 0.623837664781073}, {0.9, 3, 0.2871325862574125}, {1, 5, 0}, {-1, 5, 0}} {
		near(t, fmt.Sprint("p of ", c.r, " of ", c.n), SpearmanP(c.r, c.n), c.want)
	}
}

// scikit-learn 1.9.1: f1_score of these lists, zero_division=0.
func TestF1(t *testing.T) {
	want, got := []int{0, 1, 2, 2, 1, 0, 3, 3}, []int{0, 2, 2, 2, 1, 4, 3, 0}
	near(t, "macro F1", MacroF1(want, got), 0.5266666666666666)
	near(t, "weighted F1", WeightedF1(want, got), 0.6583333333333333)
}

// By hand.
func TestRanks(t *testing.T) {
	near(t, "recall", Recall([]float64{0, 2, 0, 1}, []float64{2, 1, 1, 0}, 3), 1.0/3)
	near(t, "recall of nothing", Recall([]float64{1}, []float64{0}, 3), 0)
	score, right := []float64{0.1, 0.5, 0.5, 0.4}, []bool{true, false, true, false}
	near(t, "reciprocal rank", ReciprocalRank(score, right, 10), 0.5)
	near(t, "reciprocal rank, cut", ReciprocalRank(score, right, 1), 0)
	near(t, "nDCG without grades", NDCG([]float64{1}, []float64{0}, 10), 0)
	near(t, "cosine of zeros", Cosine([]float32{0, 0, 0, 0, 0}, []float32{1, 0, 0, 0, 0}), 0)
	near(t, "cosine", Cosine([]float32{1, 0, 0, 0, 1}, []float32{1, 0, 0, 0, 0}), math.Sqrt(0.5))
	euclidean, manhattan := Distances([]float32{0, 3}, []float32{4, 0})
	near(t, "Euclidean", euclidean, 5)
	near(t, "Manhattan", manhattan, 7)
}
