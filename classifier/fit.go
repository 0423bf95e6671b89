package classifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// Encoder turns texts into vectors, as every model.Model does.
type Encoder interface {
	Dims() int
	Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error
}

// Base is what a head stands on: a static model, or any other encoder.
type Base struct {
	Static  *static.Model
	Encoder Encoder // where Static is nil
	// Identity identifies the encoder: a head is of no use on another one.
	Identity string
}

// Report is how a training went, the content of report.json.
type Report struct {
	Task     Task     `json:"task"`
	Kind     Kind     `json:"head"`
	Classes  []string `json:"classes"`
	Examples int      `json:"examples"`    // trained with
	Empty    int      `json:"empty_texts"` // left out
	// C and Accuracies are of the search for C: the mean accuracy over the folds of each.
	C          float64   `json:"c,omitempty"`
	Cs         []float64 `json:"cs,omitempty"`
	Accuracies []float64 `json:"accuracies,omitempty"`
	// Epochs, Steps, Batch and Best are MLP's.
	Epochs int           `json:"epochs,omitempty"`
	Steps  int           `json:"steps,omitempty"`
	Batch  int           `json:"batch_size,omitempty"`
	Best   *learn.Record `json:"best,omitempty"`
	// Validation are scores on the texts that were kept for validation; Test those of
	// a file that took no part.
	Validation *Scores  `json:"validation,omitempty"`
	Test       *Scores  `json:"test,omitempty"`
	Warnings   []string `json:"warnings"`

	Log []learn.Record `json:"-"` // of train.jsonl
}

// Fit trains a head on examples; validate are texts to validate with, nil for a part of the
// examples. The base of TFIDF may be empty.
//
// A training that ends early, with ctx or at a loss that is not finite, returns both an error
// and, if it was validated once, the classifier in its best state.
func Fit(ctx context.Context, base Base, train, validate *Examples, o Options) (*Classifier, *Report, error) {
	if err := cmp.Or(o.Check(), o.fits(train.Task)); err != nil {
		return nil, nil, err
	}
	classes := train.classes()
	r := &Report{Task: train.Task, Kind: o.Kind, Classes: classes, Examples: train.Len(), Empty: train.Empty, Warnings: []string{}}
	if r.Classes == nil {
		r.Classes = []string{}
	}
	if err := r.checkData(train, validate, classes); err != nil {
		return nil, nil, err
	}
	c := &Classifier{Task: train.Task, Kind: o.Kind, Classes: classes, Integers: train.Integers, base: base, options: o}
	targets, _ := train.targets(classes)
	var weights []float64
	if train.Task != Regression {
		var err error
		if weights, err = o.weights(classes, targets.counts(len(classes))); err != nil {
			return nil, nil, err
		}
	}
	if o.Kind != TFIDF && base.Static == nil && base.Encoder == nil {
		return nil, nil, errors.New("classifier: fit: no model")
	}
	var err error
	switch {
	case o.Kind == MLP && base.Static == nil:
		return nil, nil, fmt.Errorf("classifier: fit: head %s trains a static model's rows: use head %s on a teacher's vectors", MLP, Logreg)
	case o.Kind == MLP:
		err = c.trainMLP(ctx, r, train, validate, targets, weights, o)
	default:
		err = c.trainLogistic(ctx, r, train, targets, weights, o)
	}
	if err != nil && (r.Best == nil || c.Head == nil) {
		return nil, r, err
	}
	if validate != nil && o.Kind != MLP {
		if r.Validation, err = c.Evaluate(ctx, validate, DefaultThreshold); err != nil {
			return nil, r, err
		}
	}
	return c, r, err
}

// checkData refuses data that nothing can be learned from, and warns of what is odd.
func (r *Report) checkData(train, validate *Examples, classes []string) error {
	if train.Len() < 2 {
		return fmt.Errorf("classifier: fit: there are too few training texts, %d: two or more are needed", train.Len())
	}
	if train.Empty > 0 {
		r.warnf("%d texts are white space alone and were left out", train.Empty)
	}
	if train.Task == Single && len(classes) < 2 || train.Task == Multi && len(classes) < 1 {
		return fmt.Errorf("classifier: fit: there is only one class: all %d training texts are %q", train.Len(), strings.Join(classes, ""))
	}
	if train.Task != Regression {
		targets, _ := train.targets(classes)
		var once []string
		for i, n := range targets.counts(len(classes)) {
			if n == 1 {
				once = append(once, classes[i])
			}
		}
		if once != nil {
			r.warnf("%d labels have a single training text, such as %q: nothing tells whether they are learned", len(once), once[0])
		}
	}
	if validate == nil {
		return nil
	}
	if validate.Task != train.Task {
		return fmt.Errorf("classifier: fit: the task of the validation texts is %s, the task of the training texts is %s", validate.Task, train.Task)
	}
	if train.Task == Regression {
		if len(validate.Values[0]) != len(train.Values[0]) {
			return fmt.Errorf("classifier: fit: validation texts have %d numbers, training texts %d", len(validate.Values[0]), len(train.Values[0]))
		}
		return nil
	}
	if _, unknown := validate.targets(classes); len(unknown) > 0 {
		return fmt.Errorf("classifier: fit: the validation texts have labels that no training text has: %s", names(unknown))
	}
	return nil
}

func (r *Report) warnf(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// names lists some names of labels.
func names(counts map[string]int) string {
	var list []string
	for name := range counts {
		list = append(list, fmt.Sprintf("%.40q", name))
	}
	slices.Sort(list)
	if len(list) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
	}
	return strings.Join(list, ", ")
}
