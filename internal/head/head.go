// Package head reads what a classifier's folder has beside a static model: the key
// head_config of config.json, and the linear layers head.0.weight, head.0.bias, … of
// head.safetensors.
//
// Source: inference/model.py of model2vec 0.10.0.
package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// The names of the file of layers, and of the key of config.json.
const (
	File = "head.safetensors"
	Key  = "head_config"
)

// Config is the value of Key.
type Config struct {
	Layers     int               `json:"n_layers"`
	Activation string            `json:"activation"` // softmax, sigmoid or identity
	Classes    []json.RawMessage `json:"classes"`    // strings or integers; null for none
}

// Without returns the keys of config.json but for Key: those of a model without its head.
func Without(fields []static.Field) []static.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f static.Field) bool { return f.Key == Key })
}

// Layer is a linear layer: y = W·x + b.
type Layer struct {
	Weight *matrix.Matrix // out × in
	Bias   []float32      // out
}

// Parse reads the value of Key, nil where config.json has none.
func Parse(value json.RawMessage) (Config, error) {
	c := Config{Activation: "identity"}
	if value == nil {
		return c, fmt.Errorf("config.json has no %s, which says how to use %s", Key, File)
	}
	if err := json.Unmarshal(value, &c); err != nil {
		return c, fmt.Errorf("%s of config.json: %w", Key, err)
	}
	switch c.Activation {
	case "softmax", "sigmoid", "identity":
		return c, nil
	}
	return c, fmt.Errorf("%s of config.json: activation %q is not softmax, sigmoid or identity", Key, c.Activation)
}

// Names returns the classes in the order of the outputs: a string as it is, an integer as
// JSON has it. integers tells that there are classes, and that all are integers.
func (c Config) Names() (names []string, integers bool, err error) {
	integers = len(c.Classes) > 0
	for _, raw := range c.Classes {
		name := string(raw)
		if _, err := strconv.ParseInt(name, 10, 64); err != nil {
			if raw[0] != '"' || json.Unmarshal(raw, &name) != nil {
				return nil, false, fmt.Errorf("%s of config.json: class %.40s is not a string or an integer", Key, raw)
			}
			integers = false
		}
		names = append(names, name)
	}
	return names, integers, nil
}

// Read returns the layers, each of which takes what the one before it gives.
func (c Config) Read(f *tensors.File) ([]Layer, error) {
	if n := len(f.Names()); c.Layers < 0 || c.Layers > n {
		return nil, fmt.Errorf("%s of config.json: n_layers is %d, and the file has %d tensors", Key, c.Layers, n)
	}
	var list []Layer
	for i := range c.Layers {
		l, err := layer(f, i)
		if err != nil {
			return nil, err
		}
		if i > 0 && l.Weight.Cols != len(list[i-1].Bias) {
			return nil, fmt.Errorf("layer %d takes %d values, and layer %d gives %d", i, l.Weight.Cols, i-1, len(list[i-1].Bias))
		}
		list = append(list, l)
	}
	if n := len(c.Classes); n > 0 && len(list) > 0 && len(list[len(list)-1].Bias) != n {
		return nil, fmt.Errorf("%s of config.json has %d classes, and the head gives %d values", Key, n, len(list[len(list)-1].Bias))
	}
	if c.Activation != "identity" && len(c.Classes) == 0 {
		return nil, errors.New(Key + " of config.json has no classes")
	}
	return list, nil
}

func layer(f *tensors.File, i int) (Layer, error) {
	weight, bias := fmt.Sprintf("head.%d.weight", i), fmt.Sprintf("head.%d.bias", i)
	w, ok := f.Tensor(weight)
	b, also := f.Tensor(bias)
	if !ok || !also {
		return Layer{}, fmt.Errorf("no tensors %s and %s, which %s asks for", weight, bias, Key)
	}
	if len(w.Shape) != 2 || len(b.Shape) != 1 || b.Shape[0] != w.Shape[0] || w.Shape[0] < 1 || w.Shape[1] < 1 {
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
