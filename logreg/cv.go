package logreg

import (
	"context"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/matrix"
)

// Data are rows in one of two forms.
type Data struct {
	Dense  *matrix.Matrix
	Sparse *Sparse // used where Dense is nil
}

// Len returns the number of rows.
func (d Data) Len() int {
	if d.Dense != nil {
		return d.Dense.Rows
	}
	return len(d.Sparse.Ends)
}

// Select returns the rows of those indices, copied.
func (d Data) Select(rows []int) Data {
	if d.Dense == nil {
		out := &Sparse{Cols: d.Sparse.Cols}
		for _, i := range rows {
			out.Append(d.Sparse.Row(i))
		}
		return Data{Sparse: out}
	}
	out := matrix.New(len(rows), d.Dense.Cols)
	for k, i := range rows {
		copy(out.Row(k), d.Dense.Row(i))
	}
	return Data{Dense: out}
}

// Fit is the function Fit, or FitSparse.
func (d Data) Fit(ctx context.Context, y []int, classes int, o Options) (*Model, error) {
	if d.Dense == nil {
		return FitSparse(ctx, d.Sparse, y, classes, o)
	}
	return Fit(ctx, d.Dense, y, classes, o)
}

// Predict returns the class of each row.
func (d Data) Predict(m *Model) []int {
	if d.Dense == nil {
		return m.PredictSparse(d.Sparse)
	}
	return m.Predict(d.Dense)
}

// CV is the search for C by cross-validation.
type CV struct {
	Cs    []float64 // ascending; each fit begins at the one before
	Folds int       // at least 2
}

// DefaultCV is that of scikit-learn's LogisticRegressionCV: ten values from 1e-4 to 1e4,
// five folds.
func DefaultCV() CV {
	cv := CV{Folds: 5}
	for i := range 10 {
		cv.Cs = append(cv.Cs, math.Pow(10, -4+8*float64(i)/9))
	}
	return cv
}

// Choice is what a search has found.
type Choice struct {
	C      float64
	Scores []float64 // of each C, the mean accuracy over the folds
}

// FitCV chooses C, of the smallest of equals, by accuracy on folds in which each class has
// its share, and fits all rows with it. o.C and o.Start are not used. done, if it is not
// nil, is told how many fits are behind.
//
// Source: sklearn.linear_model.LogisticRegressionCV(solver="lbfgs", cv=5).
func FitCV(ctx context.Context, x Data, y []int, classes int, o Options, cv CV, done func(fits int)) (*Model, Choice, error) {
	if cv.Folds < 2 || len(cv.Cs) == 0 {
		return nil, Choice{}, fmt.Errorf("logreg: choose among %d values of C on %d folds: need a value and two folds", len(cv.Cs), cv.Folds)
	}
	if x.Dense == nil {
		if err := x.Sparse.check(); err != nil {
			return nil, Choice{}, err
		}
		if p := newSpan(x.Sparse); p != nil {
			m, choice, err := FitCV(ctx, Data{Dense: p.z}, y, classes, o, cv, done)
			if err == nil {
				m = p.back(m)
			}
			return m, choice, err
		}
	}
	choice := Choice{Scores: make([]float64, len(cv.Cs))}
	paths := make([][]*Model, cv.Folds) // by fold and C
	folds := Folds(y, classes, cv.Folds)
	for f := range cv.Folds {
		train, test := parts(folds, f)
		if len(train) == 0 || len(test) == 0 {
			return nil, choice, fmt.Errorf("logreg: choose C: %d rows are too few for %d folds", len(y), cv.Folds)
		}
		rows, held := x.Select(train), x.Select(test)
		fit := o
		fit.Start, fit.absent = nil, true
		for i, c := range cv.Cs {
			fit.C = c
			m, err := rows.Fit(ctx, pick(y, train), classes, fit)
			if err != nil {
				return nil, choice, err
			}
			choice.Scores[i] += accuracy(held.Predict(m), pick(y, test)) / float64(cv.Folds)
			paths[f] = append(paths[f], m)
			fit.Start = m
			if done != nil {
				done(f*len(cv.Cs) + i + 1)
			}
		}
	}
	best := 0
	for i, s := range choice.Scores {
		if s > choice.Scores[best]+1e-12 { // sums of equal terms may differ in their last bits
			best = i
		}
	}
	choice.C, o.C, o.Start = cv.Cs[best], cv.Cs[best], mean(paths, best)
	m, err := x.Fit(ctx, y, classes, o)
	return m, choice, err
}

// mean returns the mean of the folds' models of the i-th C.
func mean(paths [][]*Model, i int) *Model {
	first := paths[0][i]
	m := &Model{Classes: first.Classes, Width: first.Width, Weights: make([]float64, len(first.Weights)), Intercepts: make([]float64, len(first.Intercepts))}
	share := 1 / float64(len(paths))
	for _, path := range paths {
		for k, w := range path[i].Weights {
			m.Weights[k] += share * w
		}
		for k, b := range path[i].Intercepts {
			m.Intercepts[k] += share * b
		}
	}
	return m
}

// Folds returns the fold of each row: each class is spread over n folds, in the order of its
// rows, and folds are as near in size as can be.
//
// Source: sklearn.model_selection.StratifiedKFold(n_splits=n).
func Folds(y []int, classes, n int) []int {
	rank := make([]int, classes) // of a class, by its first row
	for c := range rank {
		rank[c] = -1
	}
	seen := 0
	for _, c := range y {
		if rank[c] < 0 {
			rank[c] = seen
			seen++
		}
	}
	counts := make([]int, seen)
	for _, c := range y {
		counts[rank[c]]++
	}
	left := make([][]int, seen) // by class, how many rows each fold takes
	at := 0
	for c, count := range counts { // of rows sorted by class, fold i takes every n-th
		left[c] = make([]int, n)
		for range count {
			left[c][at%n]++
			at++
		}
	}
	folds := make([]int, len(y))
	for i, c := range y {
		list := left[rank[c]]
		f := 0
		for list[f] == 0 {
			f++
		}
		list[f]--
		folds[i] = f
	}
	return folds
}

// parts returns the rows that are not in a fold, and those that are.
func parts(folds []int, fold int) (train, test []int) {
	for i, f := range folds {
		if f == fold {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}

func pick(y, rows []int) []int {
	out := make([]int, len(rows))
	for k, i := range rows {
		out[k] = y[i]
	}
	return out
}

func accuracy(got, want []int) float64 {
	right := 0
	for i, c := range want {
		if got[i] == c {
			right++
		}
	}
	return float64(right) / float64(len(want))
}
