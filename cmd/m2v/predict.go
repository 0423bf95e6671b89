package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/texts"
)

// predictOptions is the command line of m2v predict.
type predictOptions struct {
	Dir           string // the classifier
	Teacher       string // the model that its head stands on, where it is not in the folder
	Input         inputOptions
	Out           string
	Threshold     float64
	Probabilities bool
	Keep          []string
	Model         modelOptions
}

func newPredictCommand(run func(context.Context, predictOptions) error) *cobra.Command {
	o := predictOptions{Input: inputOptions{Texts: texts.DefaultOptions()}, Threshold: classifier.DefaultThreshold}
	cmd := &cobra.Command{
		Use:   "predict DIR [FILE…]",
		Short: "Predict labels of texts with a classifier",
		Long: `Predict writes what each text is given, an object a line in the order of the texts:
label and probability; labels, where a text may have several; or values, where numbers are
predicted. DIR is a folder of m2v train or of Python model2vec.

` + inputHelp + `

` + exitCodesHelp,
		Example: "  m2v predict sentiment reviews.txt -o labels.jsonl",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Dir, o.Input.Files = list[0], list[1:]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the file to write (default: stdout)")
	f.Float64Var(&o.Threshold, "threshold", o.Threshold, "probability above which a text has a label, where it may have several")
	f.BoolVar(&o.Probabilities, "probabilities", false, "write the probability of every class")
	f.StringSliceVar(&o.Keep, "keep", nil, "fields or columns of the input to write beside each prediction, such as id")
	f.StringVar(&o.Teacher, "model", "", "the teacher that the head was trained on, if it was one")
	o.Input.addFlags(f)
	o.Model.addFlags(f)
	return cmd
}

func runPredict(ctx context.Context, a *app, o predictOptions) error {
	if !(o.Threshold >= 0 && o.Threshold <= 1) {
		return usagef("--threshold %v is not in [0, 1]", o.Threshold)
	}
	c, err := m2v.OpenClassifier(ctx, o.Dir, o.Teacher, o.Model.library(a))
	if err != nil {
		return withHint(err, "m2v train writes such a folder; --model names a teacher")
	}
	defer c.Close()
	f := &filter.Filter{Workers: threads(o.Model.Threads), Size: staticBatch}
	size := staticBatchBytes
	if o.Teacher != "" {
		f.Workers, f.Size, size = 1, teacherBatch, teacherBatchBytes
	}
	if a.interactive(o.Input) {
		f.Size = 1
	}
	o.Input.Texts.Keep = o.Keep
	if f.Reader, err = a.openTexts(o.Input, size); err != nil {
		return err
	}
	update, finish := a.readProgress("predict", f.Reader, o.Out == "")
	f.After = update
	f.NewKeeping = func() filter.Keeping { return o.work(c) }
	write := func(out func([]byte) (int, error)) error {
		f.Write = func(data []byte, _ int) error { _, err := out(data); return err }
		err := f.Run(ctx)
		finish()
		return err
	}
	if o.Out == "" || o.Out == "-" {
		err = write(a.stdout.Write)
	} else {
		err = writeWhole(o.Out, write)
	}
	a.tellSkipped(f.Reader)
	return err
}

// writeWhole writes a file that appears once it is complete.
func writeWhole(path string, fill func(write func([]byte) (int, error)) error) error {
	p, err := files.NewPending(path)
	if err != nil {
		return err
	}
	defer p.Discard()
	if err := fill(p.Write); err != nil {
		return err
	}
	return p.Commit()
}

// work predicts a batch and writes an object a line.
func (o predictOptions) work(c *classifier.Classifier) filter.Keeping {
	return func(ctx context.Context, out []byte, list []string, kept []json.RawMessage) ([]byte, error) {
		all, err := c.Predict(ctx, list, o.Threshold)
		if err != nil {
			return out, err
		}
		for i, p := range all {
			line, err := json.Marshal(o.object(c, p))
			if err != nil {
				return out, fmt.Errorf("predict: %w", err)
			}
			out = append(out, '{')
			for k, name := range o.Keep {
				value := kept[i*len(o.Keep)+k]
				if value == nil {
					value = json.RawMessage("null")
				}
				out = append(append(append(appendJSONString(out, name), ':'), value...), ',')
			}
			out = append(append(out, line[1:]...), '\n')
		}
		return out, nil
	}
}

// predicted is a line of the output.
type predicted struct {
	Label         *string            `json:"label,omitempty"`
	Probability   float64            `json:"probability,omitempty"`
	Labels        []string           `json:"labels,omitzero"`
	Values        []float32          `json:"values,omitempty"`
	Probabilities map[string]float32 `json:"probabilities,omitempty"`
}

func (o predictOptions) object(c *classifier.Classifier, p classifier.Prediction) predicted {
	var out predicted
	switch c.Task {
	case classifier.Single:
		out.Label, out.Probability = &p.Labels[0], p.Probability
	case classifier.Multi:
		out.Labels = p.Labels
	default:
		out.Values = p.Values
		return out
	}
	if o.Probabilities {
		out.Probabilities = map[string]float32{}
		for k, name := range c.Classes {
			out.Probabilities[name] = p.Values[k]
		}
	}
	return out
}
