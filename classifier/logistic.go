package classifier

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/logreg"
	"github.com/m2v-dev/m2v/matrix"
)

// trainLogistic fits logistic regression to vectors or to tf-idf: one of all classes or, for
// several labels a text, one for each label.
func (c *Classifier) trainLogistic(ctx context.Context, r *Report, train *Examples, t targets, weights []float64, o Options) error {
	var rows logreg.Data
	width := 0
	if o.Kind == TFIDF {
		c.words = newWords(train.Texts)
		rows.Sparse = c.words.rows(train.Texts)
		width = rows.Sparse.Cols
		if width == 0 {
			return fmt.Errorf("classifier: fit: the training texts have no word of two letters or more")
		}
	} else {
		var err error
		if rows.Dense, err = c.vectors(ctx, train.Texts); err != nil {
			return err
		}
		width = rows.Dense.Cols
	}
	last := learn.Linear{Weight: matrix.New(len(c.Classes), width), Bias: make([]float32, len(c.Classes))}
	f := logisticFit{rows: rows, report: r, options: o}
	if t.classes != nil {
		f.total = 1
		m, err := f.fit(ctx, t.classes, len(c.Classes), weights)
		if err != nil {
			return err
		}
		place(last, m, 0, len(c.Classes))
	} else {
		f.total = len(c.Classes)
		for k := range c.Classes {
			y := make([]int, t.values.Rows)
			for i := range y {
				y[i] = int(t.values.Row(i)[k])
			}
			var pair []float64
			if weights != nil {
				pair = []float64{1, weights[k]}
			}
			if err := f.label(ctx, last, k, y, pair); err != nil {
				return err
			}
		}
	}
	c.Head = &learn.Head{Layers: []learn.Linear{last}}
	return nil
}

// place copies the weights of a model of classes into rows from at on. With two classes the
// model has one score, for the second: the first keeps zeros, so that the softmax is the same.
func place(l learn.Linear, m *logreg.Model, at, classes int) {
	if classes == 2 && at == 0 && len(m.Intercepts) == 1 {
		at = 1
	}
	for i, w := range m.Weights {
		l.Weight.Data[at*m.Width+i] = float32(w)
	}
	for i, b := range m.Intercepts {
		l.Bias[at+i] = float32(b)
	}
}

// logisticFit is one or several regressions on the same rows.
type logisticFit struct {
	rows    logreg.Data
	report  *Report
	options Options
	done    int // regressions
	total   int
}

// label fits the regression of label k against all others. A label that all texts have gets
// a bias alone.
func (f *logisticFit) label(ctx context.Context, l learn.Linear, k int, y []int, weights []float64) error {
	have := 0
	for _, v := range y {
		have += v
	}
	if have == len(y) {
		l.Bias[k] = 10
		f.done++
		return nil
	}
	m, err := f.fit(ctx, y, 2, weights)
	if err != nil {
		return err
	}
	for i, w := range m.Weights {
		l.Weight.Row(k)[i] = float32(w)
	}
	l.Bias[k] = float32(m.Intercepts[0])
	return nil
}

func (f *logisticFit) fit(ctx context.Context, y []int, classes int, weights []float64) (*logreg.Model, error) {
	o := logreg.DefaultOptions
	o.MaxIter, o.ClassWeights = f.options.MaxIter, weights
	var m *logreg.Model
	var err error
	if f.options.C > 0 {
		o.C = f.options.C
		m, err = f.rows.Fit(ctx, y, classes, o)
	} else {
		cv := logreg.DefaultCV()
		cv.Folds = min(cv.Folds, len(y))
		fits := cv.Folds * len(cv.Cs)
		var choice logreg.Choice
		m, choice, err = logreg.FitCV(ctx, f.rows, y, classes, o, cv, func(done int) {
			if f.options.TellFits != nil {
				f.options.TellFits(f.done*fits+done, f.total*fits)
			}
		})
		if f.total == 1 {
			f.report.C, f.report.Cs, f.report.Accuracies = choice.C, cv.Cs, choice.Scores
		}
	}
	f.done++
	if err != nil {
		return nil, fmt.Errorf("classifier: fit: %w", err)
	}
	if !m.Converged && f.total == 1 {
		f.report.warnf("the logistic regression has not converged in %d iterations", m.Iterations)
	}
	return m, nil
}

// vectors encodes texts with the base, in groups.
func (c *Classifier) vectors(ctx context.Context, texts []string) (*matrix.Matrix, error) {
	e := c.encoder()
	if e == nil {
		return nil, fmt.Errorf("classifier: predict: the head takes a teacher's vectors: open it with the teacher")
	}
	out := matrix.New(len(texts), e.Dims())
	const group = 2048
	for from := 0; from < len(texts); from += group {
		n := min(group, len(texts)-from)
		rows := &matrix.Matrix{Rows: n, Cols: out.Cols, Data: out.Data[from*out.Cols:][:n*out.Cols]}
		if err := e.Encode(ctx, texts[from:from+n], rows); err != nil {
			return nil, fmt.Errorf("classifier: encode: %w", err)
		}
	}
	return out, nil
}
