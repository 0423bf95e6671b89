package transformer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/internal/onnx"
)

// hiddenNames and pooledNames are what exporters call the outputs, the surest first.
var (
	hiddenNames = []string{"last_hidden_state", "token_embeddings"}
	pooledNames = []string{"pooler_output", "sentence_embedding"}
)

// chooseOutputs finds the outputs with a state for every position and with a
// vector for every sequence. width is the model's, 0 if config.json is silent.
func (i *Info) chooseOutputs(width int) {
	if width == 0 && i.table != nil {
		width = i.table.Cols
	}
	i.hidden, i.doubt = chooseHidden(i.model.Outputs, width, i.Rows)
	i.pooled = choosePooled(i.model.Outputs)
	i.Hidden, i.Pooled = i.hidden.Name, i.pooled.Name
	for _, v := range []onnx.Value{i.hidden, i.pooled} {
		if last := lastDim(v); i.Width == 0 && last > 0 {
			i.Width = int(min(last, 1<<24))
		}
	}
	if i.Width == 0 && i.Hidden != "" {
		i.Width = width
	}
}

// chooseHidden takes the output by its name, else the only one of rank 3 whose
// width is the model's. Logits, as wide as the vocabulary, never count.
func chooseHidden(outputs []onnx.Value, width, rows int) (onnx.Value, error) {
	for _, name := range hiddenNames {
		for _, v := range outputs {
			if v.Name == name && isFloat(v) && (!v.Ranked || len(v.Dims) == 3) {
				return v, nil
			}
		}
	}
	var fit, other []onnx.Value
	logits := false
	for _, v := range outputs {
		if !isFloat(v) || len(v.Dims) != 3 {
			continue
		}
		last := lastDim(v)
		switch {
		case strings.Contains(v.Name, "logits") || (rows > 0 && last == int64(rows)):
			logits = true
		case width > 0 && last == int64(width):
			fit = append(fit, v)
		default:
			other = append(other, v)
		}
	}
	if len(fit) == 0 && (width == 0 || len(other) == 1 && lastDim(other[0]) < 0) {
		fit = other
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return onnx.Value{}, fmt.Errorf("%d outputs could be the hidden state (%s)", len(fit), names(fit))
	case logits:
		return onnx.Value{}, errors.New("it has logits, which are scores of a vocabulary, and no hidden state")
	}
	return onnx.Value{}, errors.New("it has no hidden state")
}

// choosePooled takes the output by its name, else the only one of rank 2.
func choosePooled(outputs []onnx.Value) onnx.Value {
	for _, name := range pooledNames {
		for _, v := range outputs {
			if v.Name == name && isFloat(v) && (!v.Ranked || len(v.Dims) == 2) {
				return v
			}
		}
	}
	var found []onnx.Value
	for _, v := range outputs {
		if isFloat(v) && len(v.Dims) == 2 && !strings.Contains(v.Name, "logits") {
			found = append(found, v)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return onnx.Value{}
}

func isFloat(v onnx.Value) bool { return v.Type == onnx.Float32 || v.Type == onnx.Float16 }

// lastDim is the size of the last dimension, or -1.
func lastDim(v onnx.Value) int64 {
	if len(v.Dims) == 0 {
		return -1
	}
	return v.Dims[len(v.Dims)-1].Size
}

func names(values []onnx.Value) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.Name
	}
	return strings.Join(list, ", ")
}

// UnfitError says why a graph cannot be a teacher for a pooling.
type UnfitError struct {
	File   string
	Reason string
	// PoolerOnly is true if the graph pools by itself and Pooler would fit.
	PoolerOnly bool
}

// Error names the graph and the reason.
func (e *UnfitError) Error() string {
	return fmt.Sprintf("transformer: %s does not fit: %s", e.File, e.Reason)
}

// Check returns an UnfitError, by the name of what does not fit, if m2v cannot
// run the graph with pooling p.
func (i *Info) Check(p Pooling) error {
	unfit := func(format string, a ...any) error {
		return &UnfitError{File: i.File, Reason: fmt.Sprintf(format, a...)}
	}
	if _, ok := i.model.Input("input_ids"); !ok {
		return unfit("it has no input input_ids (its inputs are %s)", names(i.model.Inputs))
	}
	for _, v := range i.model.Inputs {
		if err := checkInput(v); err != nil {
			return unfit("%v", err)
		}
	}
	switch {
	case p == Pooler && i.Pooled == "":
		return unfit("it has no pooled output (its outputs are %s)", names(i.model.Outputs))
	case p != Pooler && i.Hidden == "" && i.Pooled != "":
		return &UnfitError{File: i.File, PoolerOnly: true,
			Reason: fmt.Sprintf("%v, only %s, which is pooled already: %s pooling has nothing to pool", i.doubt, i.Pooled, p)}
	case p != Pooler && i.Hidden == "":
		return unfit("%v (its outputs are %s)", i.doubt, names(i.model.Outputs))
	}
	return nil
}

// checkInput refuses an input that m2v has nothing to feed to.
func checkInput(v onnx.Value) error {
	switch {
	case v.Name == "input_ids" || v.Name == "attention_mask" || v.Name == "token_type_ids" || v.Name == "position_ids":
		if v.Type != onnx.Int64 && v.Type != onnx.Int32 {
			return fmt.Errorf("input %s is %s, not int64 or int32", v.Name, v.Type)
		}
		if v.Ranked && len(v.Dims) != 2 {
			return fmt.Errorf("input %s has %d dimensions, not batch and sequence", v.Name, len(v.Dims))
		}
		return nil
	case isPast(v):
		// An empty past is batch × heads × 0 × size.
		if len(v.Dims) != 4 || v.Dims[1].Size <= 0 || v.Dims[3].Size <= 0 || v.Dims[2].Size > 0 || !isFloat(v) {
			return fmt.Errorf("input %s cannot be fed empty", v)
		}
		return nil
	}
	return fmt.Errorf("a text model has no input %s", v)
}

// isPast reports whether v is the cache of a decoder.
func isPast(v onnx.Value) bool { return strings.HasPrefix(v.Name, "past_key_values.") }
