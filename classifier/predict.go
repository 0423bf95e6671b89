package classifier

import (
	"context"
	"fmt"
	"io"

	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// DefaultThreshold is the probability above which a text is given a label, where it may have
// several.
//
// Source: StaticModelPipeline.predict of model2vec.
const DefaultThreshold = 0.5

// Classifier predicts. It is safe for concurrent use.
type Classifier struct {
	Task     Task
	Kind     Kind
	Classes  []string // K, sorted; none where the task is Regression
	Integers bool     // classes are integers in the folder
	// Head makes scores of vectors (D) or of tf-idf (F): K of them.
	Head *learn.Head

	base     Base
	attached io.Closer // the encoder that Attach gave
	words    *words    // of TFIDF
	options  Options
}

// Prediction is what a text is given.
type Prediction struct {
	Labels      []string  // one where the task is Single
	Probability float32   // of the label where the task is Single; else 0
	Values      []float32 // K: probabilities of the classes, or the predicted numbers
}

// Static returns the static model that the head stands on, or nil.
func (c *Classifier) Static() *static.Model { return c.base.Static }

// Needs returns the identity of the model that the head was trained on and that is not in
// the folder, "" if nothing is missing. Attach gives it.
func (c *Classifier) Needs() string {
	if c.encoder() != nil || c.words != nil {
		return ""
	}
	return c.base.Identity
}

// Attach gives the classifier the encoder that its head was trained on; identity has to be
// what Needs says. The encoder then belongs to the classifier: Close closes it, if it has a
// method Close.
func (c *Classifier) Attach(e Encoder, identity string) error {
	if identity != c.base.Identity {
		return fmt.Errorf("classifier: open: the head was trained on another model's vectors, or with other options: its identity is %.12s…, this one's %.12s…", c.base.Identity, identity)
	}
	if err := c.attach(e); err != nil {
		return err
	}
	c.attached, _ = e.(io.Closer)
	return nil
}

func (c *Classifier) attach(e Encoder) error {
	if width := c.Head.Layers[0].Weight.Cols; width != e.Dims() {
		return fmt.Errorf("classifier: open: the head takes vectors of %d dimensions, the model's have %d", width, e.Dims())
	}
	c.base.Encoder = e
	return nil
}

// staticEncoder is a static model as an Encoder.
type staticEncoder struct{ *static.Model }

func (s staticEncoder) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	return s.Model.Encode(ctx, texts, dst, static.Options{})
}

func (c *Classifier) encoder() Encoder {
	if c.base.Static != nil {
		return staticEncoder{c.base.Static}
	}
	return c.base.Encoder
}

// outputs returns the head's scores of texts, n×K.
func (c *Classifier) outputs(ctx context.Context, texts []string) (*matrix.Matrix, error) {
	if c.words != nil {
		return c.sparseOutputs(texts), nil
	}
	vectors, err := c.vectors(ctx, texts)
	if err != nil {
		return nil, err
	}
	if width := c.Head.Layers[0].Weight.Cols; width != vectors.Cols {
		return nil, fmt.Errorf("classifier: predict: the head takes vectors of %d dimensions, the model's have %d", width, vectors.Cols)
	}
	return c.Head.Forward(vectors).Out(), nil
}

// sparseOutputs are those of tf-idf.
func (c *Classifier) sparseOutputs(texts []string) *matrix.Matrix {
	rows, last := c.words.rows(texts), c.Head.Layers[0]
	out := matrix.New(len(texts), len(last.Bias))
	for i := range texts {
		columns, values := rows.Row(i)
		for k, b := range last.Bias {
			sum, weights := float64(b), last.Weight.Row(k)
			for n, j := range columns {
				sum += float64(values[n]) * float64(weights[j])
			}
			out.Row(i)[k] = float32(sum)
		}
	}
	return out
}

// Probabilities returns the probability of each class for each text, n×K, or the predicted
// numbers where the task is Regression. A text of which no token is known gets what the
// head makes of zeros.
func (c *Classifier) Probabilities(ctx context.Context, texts []string) (*matrix.Matrix, error) {
	out, err := c.outputs(ctx, texts)
	if err != nil {
		return nil, err
	}
	c.activate(out)
	return out, nil
}

func (c *Classifier) activate(out *matrix.Matrix) {
	switch c.Task {
	case Single:
		learn.Softmax(out)
	case Multi:
		learn.Sigmoid(out)
	}
}

// Predict returns what each text is given. Where the task is Multi, that is every label whose
// probability is above threshold; else threshold means nothing.
func (c *Classifier) Predict(ctx context.Context, texts []string, threshold float64) ([]Prediction, error) {
	all, err := c.Probabilities(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([]Prediction, len(texts))
	for i := range out {
		out[i] = c.decide(all.Row(i), threshold)
	}
	return out, nil
}

func (c *Classifier) decide(values []float32, threshold float64) Prediction {
	p := Prediction{Values: values, Labels: []string{}}
	switch c.Task {
	case Single:
		k := highest(values)
		p.Labels, p.Probability = []string{c.Classes[k]}, values[k]
	case Multi:
		for k, v := range values {
			if float64(v) > threshold {
				p.Labels = append(p.Labels, c.Classes[k])
			}
		}
	}
	return p
}
