package portable

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// Activation is what a head does with the outputs of its last layer.
type Activation string

// The activations. Softmax and Sigmoid give probabilities, of which Softmax's sum to 1.
const (
	Softmax  Activation = "softmax"
	Sigmoid  Activation = "sigmoid"
	Identity Activation = "identity"
)

// Head is what a classifier or a regression puts on a text's vector: linear layers with
// max(0, x) between them, and an activation after the last. No layer leaves the vector as it is.
type Head struct {
	Layers     []Layer
	Activation Activation
	Classes    []string // of the outputs, in order; nil for none
}

// Layer is a linear layer: y = W·x + b.
type Layer struct {
	Weight *matrix.Matrix // out × in
	Bias   []float32      // out
}

const headFile = "head.safetensors"

// ReadHead returns the head of the classifier that folder dir holds beside a static model,
// whose configuration is c, or nil if it holds none. The form is the reference's:
// "head_config" in config.json and the tensors head.0.weight, head.0.bias, … of
// head.safetensors.
//
// Source: inference/model.py of model2vec 0.10.0.
func ReadHead(dir string, c static.Config) (*Head, error) {
	data, err := os.ReadFile(filepath.Join(dir, headFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var h *Head
	if err == nil {
		h, err = parseHead(data, c.Field("head_config"))
	}
	if err != nil {
		return nil, fmt.Errorf("portable: read %s: %w", filepath.Join(dir, headFile), files.Bare(err))
	}
	return h, nil
}

func parseHead(data []byte, config json.RawMessage) (*Head, error) {
	says := struct {
		Layers     int               `json:"n_layers"`
		Activation Activation        `json:"activation"`
		Classes    []json.RawMessage `json:"classes"`
	}{Activation: Identity}
	if config == nil {
		return nil, errors.New("config.json has no head_config, which says how to use it")
	}
	if err := json.Unmarshal(config, &says); err != nil {
		return nil, fmt.Errorf("head_config of config.json: %w", err)
	}
	file, err := tensors.Parse(data)
	if err != nil {
		return nil, err
	}
	h := &Head{Activation: says.Activation}
	for _, class := range says.Classes {
		h.Classes = append(h.Classes, label(class))
	}
	for i := range says.Layers {
		l, err := readLayer(file, i)
		if err != nil {
			return nil, err
		}
		h.Layers = append(h.Layers, l)
	}
	return h, nil
}

// label is a class's name: a string, or any other value as JSON has it.
func label(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func readLayer(f *tensors.File, i int) (Layer, error) {
	weight, bias := fmt.Sprintf("head.%d.weight", i), fmt.Sprintf("head.%d.bias", i)
	w, ok := f.Tensor(weight)
	b, also := f.Tensor(bias)
	if !ok || !also {
		return Layer{}, fmt.Errorf("no tensors %s and %s, which head_config asks for", weight, bias)
	}
	if len(w.Shape) != 2 || len(b.Shape) != 1 || b.Shape[0] != w.Shape[0] {
		return Layer{}, fmt.Errorf("tensors %s and %s have shapes %v and %v, not out × in and out", weight, bias, w.Shape, b.Shape)
	}
	values, err := w.Rounded()
	if err != nil {
		return Layer{}, fmt.Errorf("tensor %s %w", weight, err)
	}
	shift, err := b.Rounded()
	if err != nil {
		return Layer{}, fmt.Errorf("tensor %s %w", bias, err)
	}
	return Layer{Weight: &matrix.Matrix{Rows: w.Shape[0], Cols: w.Shape[1], Data: values}, Bias: shift}, nil
}

// check tells whether the layers fit each other and vectors of d values.
func (h *Head) check(d int) error {
	in := d
	for i, l := range h.Layers {
		if l.Weight.Cols != in || len(l.Bias) != l.Weight.Rows {
			return fmt.Errorf("layer %d of the head takes %d values and shifts %d, not %d and %d", i, l.Weight.Cols, len(l.Bias), in, l.Weight.Rows)
		}
		in = l.Weight.Rows
	}
	switch h.Activation {
	case Softmax, Sigmoid, Identity:
	default:
		return fmt.Errorf("activation %q of the head is not %s, %s or %s", h.Activation, Softmax, Sigmoid, Identity)
	}
	if h.Classes != nil && len(h.Classes) != in {
		return fmt.Errorf("the head has %d classes and %d outputs", len(h.Classes), in)
	}
	return nil
}

// width is C, the number of outputs for vectors of d values.
func (h *Head) width(d int) int {
	if len(h.Layers) == 0 {
		return d
	}
	return h.Layers[len(h.Layers)-1].Weight.Rows
}

// output is the name of the graph's output.
func (h *Head) output() string {
	if h.Activation == Identity {
		return "predictions"
	}
	return "probabilities"
}

// head adds the layers to vectors, B×D.
func (b *builder) head(h *Head, x string) string {
	for i, l := range h.Layers {
		name := fmt.Sprintf("head.%d", i)
		if i > 0 {
			x = b.node("Relu", name+".input", x)
		}
		w := b.constant(name+".weight", onnx.Float32, onnx.Floats(l.Weight.Data...), int64(l.Weight.Rows), int64(l.Weight.Cols))
		x = b.node("Gemm", name, x, w, b.constant(name+".bias", onnx.Float32, onnx.Floats(l.Bias...), int64(len(l.Bias))))
		b.with("transB", 1)
	}
	switch h.Activation {
	case Softmax:
		x = b.node("Softmax", "softmax", x)
	case Sigmoid:
		x = b.node("Sigmoid", "sigmoid", x)
	case Identity:
	}
	return x
}
