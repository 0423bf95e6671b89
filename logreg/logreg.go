// Package logreg is L2-regularized multinomial logistic regression, as
// scikit-learn's LogisticRegression does it by default.
//
// Products go through blas64.Gemm, so a faster BLAS registered with blas64.Use serves
// here by itself. Nothing is drawn by chance: the same rows and BLAS give the same
// model, whatever GOMAXPROCS is.
//
// In names and shapes, n is the number of rows, D their width, K that of classes.
package logreg

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/optimize"

	"github.com/m2v-dev/m2v/matrix"
)

// Options of Fit.
type Options struct {
	C       float64 // inverse of the regularization's strength, above 0
	MaxIter int     // L-BFGS iterations, at least 1
	// Tol ends the search when no component of the objective's gradient exceeds it,
	// the objective being taken per row; above 0.
	Tol float64
	// ClassWeights multiply the losses of a class's rows; nil: all are 1. They are above 0.
	ClassWeights []float64
	// Start is where the search begins, a model of the same classes and width; nil: at 0.
	Start *Model

	absent bool // classes may have no rows, as in a part of the rows
}

// DefaultOptions are scikit-learn's.
var DefaultOptions = Options{C: 1, MaxIter: 100, Tol: 1e-4}

// Model gives each class a score that is linear in the row.
type Model struct {
	Classes int // K, at least 2
	Width   int // D
	// Weights and Intercepts have one row of D, and one value, for each class. With
	// two classes there is one only: that of class 1, against 0 for class 0.
	Weights    []float64 // K×D, or D when K = 2, row-major
	Intercepts []float64 // K, or 1 when K = 2
	Iterations int
	Converged  bool // to Tol, within MaxIter
}

// Fit returns the model that minimizes Σ −log p(y[i] | x[i]) + ‖W‖²/(2C) over the rows
// of x (n×D), where p is the softmax of the classes' scores (with two classes, the
// logistic function of one score) and W their weights; intercepts are not penalized.
// y (n) holds classes, 0 ≤ y[i] < classes; each class must occur, and rows must be
// finite. A model that has not converged after MaxIter is returned all the same.
//
// Source: sklearn.linear_model.LogisticRegression(solver="lbfgs").
func Fit(ctx context.Context, x *matrix.Matrix, y []int, classes int, o Options) (*Model, error) {
	if x.Cols >= 1 && len(y) == x.Rows {
		if i, j, bad := matrix.NotFinite(x); bad {
			return nil, fmt.Errorf("logreg: row %d, column %d is %v", i, j, x.Row(i)[j])
		}
	}
	return fit(ctx, newDense(x), y, classes, o)
}

// FitSparse is Fit for rows of few values.
func FitSparse(ctx context.Context, x *Sparse, y []int, classes int, o Options) (*Model, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	return fit(ctx, newColumns(x), y, classes, o)
}

func fit(ctx context.Context, x design, y []int, classes int, o Options) (*Model, error) {
	if err := check(x, y, classes, o); err != nil {
		return nil, err
	}
	p := newProblem(x, y, classes, o)
	result, err := optimize.Minimize(optimize.Problem{
		Func: p.loss,
		Grad: p.gradient,
		Status: func() (optimize.Status, error) {
			if err := ctx.Err(); err != nil {
				return optimize.Failure, err
			}
			return optimize.NotTerminated, nil
		},
	}, p.start(o.Start), &optimize.Settings{
		GradientThreshold: o.Tol,
		MajorIterations:   o.MaxIter,
		Converger:         optimize.NeverTerminate{}, // Tol alone says when, as in the source
	}, &optimize.LBFGS{Linesearcher: &optimize.MoreThuente{}, Store: 10})
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("logreg: fit: %w", err)
	}
	// At a Tol below rounding no step gets lower: then the minimum is where it stands.
	exhausted := errors.Is(err, optimize.ErrNoProgress) || errors.Is(err, optimize.ErrLinesearcherFailure) ||
		errors.Is(err, optimize.ErrNonDescentDirection)
	if err != nil && !exhausted {
		return nil, fmt.Errorf("logreg: fit %d×%d rows: %w", p.rows, p.width, err)
	}
	weights := p.outputs * p.width
	return &Model{
		Classes: classes, Width: p.width,
		Weights: result.X[:weights:weights], Intercepts: result.X[weights:],
		Iterations: result.MajorIterations, Converged: result.Status == optimize.GradientThreshold,
	}, nil
}

func check(x design, y []int, classes int, o Options) error {
	rows, width := x.size()
	switch {
	case classes < 2:
		return fmt.Errorf("logreg: fit %d classes: need at least 2", classes)
	case width < 1:
		return fmt.Errorf("logreg: fit rows of width %d: need at least 1 column", width)
	case len(y) != rows:
		return fmt.Errorf("logreg: fit %d rows: %d labels", rows, len(y))
	case !(o.C > 0) || math.IsInf(o.C, 1):
		return fmt.Errorf("logreg: C is %v: need a finite value above 0", o.C)
	case o.MaxIter < 1:
		return fmt.Errorf("logreg: %d iterations: need at least 1", o.MaxIter)
	case !(o.Tol > 0):
		return fmt.Errorf("logreg: tolerance %v: need a value above 0", o.Tol)
	case o.ClassWeights != nil && len(o.ClassWeights) != classes:
		return fmt.Errorf("logreg: %d class weights of %d classes", len(o.ClassWeights), classes)
	case o.Start != nil && (o.Start.Classes != classes || o.Start.Width != width):
		return fmt.Errorf("logreg: start at a model of %d classes and width %d, for %d and %d", o.Start.Classes, o.Start.Width, classes, width)
	}
	for c, w := range o.ClassWeights {
		if !(w > 0) || math.IsInf(w, 1) {
			return fmt.Errorf("logreg: the weight of class %d is %v: need a finite value above 0", c, w)
		}
	}
	seen := make([]bool, classes)
	for i, c := range y {
		if c < 0 || c >= classes {
			return fmt.Errorf("logreg: label of row %d is %d, not a class below %d", i, c, classes)
		}
		seen[c] = true
	}
	for c, ok := range seen {
		if !ok && !o.absent {
			return fmt.Errorf("logreg: class %d of %d has no rows", c, classes)
		}
	}
	return nil
}

// predictRows is the number of rows of a block of predictions.
const predictRows = 2048

// Predict returns the class of each row of x (n×D): that of the highest score, the
// first of equals. It panics if the width is not the model's.
func (m *Model) Predict(x *matrix.Matrix) []int {
	classes := make([]int, x.Rows)
	m.eachScores(x, func(i int, scores []float64) { classes[i] = highest(scores) })
	return classes
}

// PredictSparse is Predict for rows of few values.
func (m *Model) PredictSparse(x *Sparse) []int {
	classes := make([]int, len(x.Ends))
	outputs := len(m.Intercepts)
	scores := make([]float64, len(x.Ends)*outputs)
	columns{Sparse: x}.scores(scores, m.Weights, outputs)
	for i := range classes {
		row := scores[i*outputs:][:outputs]
		for c := range row {
			row[c] += m.Intercepts[c]
		}
		classes[i] = highest(row)
	}
	return classes
}

// highest returns the class of the highest score, the first of equals; a single score is
// class 1's, against 0.
func highest(scores []float64) int {
	if len(scores) == 1 {
		if scores[0] > 0 {
			return 1
		}
		return 0
	}
	best := 0
	for c, s := range scores {
		if s > scores[best] {
			best = c
		}
	}
	return best
}

// Probabilities returns p(class | row) for each row of x (n×D): n×K, rows sum to 1. It
// panics if the width is not the model's.
func (m *Model) Probabilities(x *matrix.Matrix) *matrix.Matrix {
	out := matrix.New(x.Rows, m.Classes)
	m.eachScores(x, func(i int, scores []float64) {
		row := out.Row(i)
		if m.Classes == 2 {
			row[0], row[1] = float32(logistic(-scores[0])), float32(logistic(scores[0]))
			return
		}
		softmax(scores)
		for c, p := range scores {
			row[c] = float32(p)
		}
	})
	return out
}

// eachScores calls do with the scores of each row of x in turn: K, or 1 when K = 2.
func (m *Model) eachScores(x *matrix.Matrix, do func(i int, scores []float64)) {
	if x.Cols != m.Width {
		panic(fmt.Sprintf("logreg: rows of width %d for a model of width %d", x.Cols, m.Width))
	}
	outputs := len(m.Intercepts)
	block := make([]float64, min(predictRows, x.Rows)*m.Width)
	scores := make([]float64, min(predictRows, x.Rows)*outputs)
	for start := 0; start < x.Rows; start += predictRows {
		n := min(predictRows, x.Rows-start)
		widen(block, x.Data[start*m.Width:][:n*m.Width])
		multiply(blas.NoTrans, blas.Trans, general(n, m.Width, block), general(outputs, m.Width, m.Weights),
			general(n, outputs, scores))
		for i := range n {
			row := scores[i*outputs:][:outputs]
			for c := range row {
				row[c] += m.Intercepts[c]
			}
			do(start+i, row)
		}
	}
}

func general(rows, cols int, data []float64) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: data[:rows*cols]}
}

func multiply(tA, tB blas.Transpose, a, b, out blas64.General) {
	blas64.Gemm(tA, tB, 1, a, b, 0, out)
}

func widen(dst []float64, src []float32) {
	for i, v := range src {
		dst[i] = float64(v)
	}
}
