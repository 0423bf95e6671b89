package portable

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/head"
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

// ReadHead returns the head of the classifier that folder dir holds beside a static model,
// whose configuration is c, or nil if it holds none; see package head for its form.
func ReadHead(dir string, c static.Config) (*Head, error) {
	path := filepath.Join(dir, head.File)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var h *Head
	if err == nil {
		h, err = parseHead(data, c.Field(head.Key))
	}
	if err != nil {
		return nil, fmt.Errorf("portable: read %s: %w", path, files.Bare(err))
	}
	return h, nil
}

func parseHead(data []byte, value json.RawMessage) (*Head, error) {
	config, err := head.Parse(value)
	if err != nil {
		return nil, err
	}
	file, err := tensors.Parse(data)
	if err != nil {
		return nil, err
	}
	layers, err := config.Read(file)
	if err != nil {
		return nil, err
	}
	h := &Head{Activation: Activation(config.Activation)}
	for _, l := range layers {
		h.Layers = append(h.Layers, Layer(l))
	}
	h.Classes, _, err = config.Names()
	return h, err
}

// check tells whether the layers fit each other and vectors of d values.
func (h *Head) check(d int) error {
	in := d
	for i, l := range h.Layers {
		if l.Weight.Cols != in || len(l.Bias) != l.Weight.Rows {
			return fmt.Errorf("layer %d of the head has %d inputs and %d biases, not %d and %d", i, l.Weight.Cols, len(l.Bias), in, l.Weight.Rows)
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
