package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/internal/vectors"
)

// Predictions says where predictions go, and what is written of them: an object a line.
type Predictions struct {
	File string    // appears once it is complete; "" writes to To
	To   io.Writer // gets each line as it comes

	Threshold     float64  // above which a text has a label, where it may have several; in [0, 1]
	Probabilities bool     // of every class, too
	Keep          []string // fields of the input to write beside each prediction

	// Folder is the classifier's, "" where it is not known: no file in it is replaced.
	Folder string
}

// Check refuses what no run could write.
func (p Predictions) Check() error {
	if !(p.Threshold >= 0 && p.Threshold <= 1) {
		return fault.Option("threshold", p.Threshold, "is not in [0, 1]")
	}
	return distinct(p.Keep, "label", "probability", "labels", "values", "probabilities")
}

// predicted is a line of the output.
type predicted struct {
	Label         *string            `json:"label,omitempty"`
	Probability   float32            `json:"probability,omitempty"`
	Labels        []string           `json:"labels,omitzero"`
	Values        []float32          `json:"values,omitempty"`
	Probabilities map[string]float32 `json:"probabilities,omitempty"`
}

// Predict writes what c gives each text.
func Predict(ctx context.Context, c *classifier.Classifier, in Input, p Predictions, o Options) (skipped int64, err error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	if err := spares(p.File, in, p.Folder); err != nil {
		return 0, err
	}
	l := o.light()
	if c.Static() == nil { // words are as light, but a teacher is not
		l = heavy()
	}
	in.Read.Keep = p.Keep
	return lines(ctx, in, l, o, func() filter.Keeping { return p.work(c) }, p.File, p.To)
}

// work predicts a group of texts.
func (p Predictions) work(c *classifier.Classifier) filter.Keeping {
	keys := vectors.Keys(p.Keep)
	return func(ctx context.Context, out []byte, list []string, kept []json.RawMessage) ([]byte, error) {
		all, err := c.Predict(ctx, list, p.Threshold)
		if err != nil {
			return out, err
		}
		for i, one := range all {
			line, err := json.Marshal(p.object(c, one))
			if err != nil {
				return out, fmt.Errorf("predict: %w", err)
			}
			out = vectors.AppendFields(append(out, '{'), keys, kept[i*len(keys):])
			out = append(append(out, line[1:]...), '\n')
		}
		return out, nil
	}
}

func (p Predictions) object(c *classifier.Classifier, one classifier.Prediction) predicted {
	var out predicted
	switch c.Task {
	case classifier.Single:
		out.Label, out.Probability = &one.Labels[0], float32(one.Probability)
	case classifier.Multi:
		out.Labels = one.Labels
	default:
		out.Values = one.Values
		return out
	}
	if p.Probabilities {
		out.Probabilities = map[string]float32{}
		for k, name := range c.Classes {
			out.Probabilities[name] = one.Values[k]
		}
	}
	return out
}
