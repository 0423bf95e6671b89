package transformer

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/tensors"
)

// dense is a module of sentence-transformers: y = activation(W·x + b).
type dense struct {
	in, out    int
	weight     []float32 // out × in
	bias       []float32 // out, or nil
	activation func(float64) float64
}

// activations are those of torch by the last part of their class's name.
var activations = map[string]func(float64) float64{
	"Identity": func(x float64) float64 { return x },
	"Tanh":     math.Tanh,
	"ReLU":     func(x float64) float64 { return max(x, 0) },
	"Sigmoid":  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	"GELU":     func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) },
}

// readDense reads the module in folder path of dir, for inputs of length in.
func readDense(dir, path string, in int) (*dense, error) {
	fail := func(cause error) (*dense, error) {
		return nil, fmt.Errorf("transformer: read module %s: %w", path, cause)
	}
	var config struct {
		In         int    `json:"in_features"`
		Out        int    `json:"out_features"`
		Activation string `json:"activation_function"`
	}
	if err := readJSON(dir, path+"/config.json", &config); err != nil {
		return nil, err
	}
	name := config.Activation[strings.LastIndexByte(config.Activation, '.')+1:]
	if name == "" {
		name = "Tanh" // sentence-transformers' default
	}
	activation, ok := activations[name]
	if !ok {
		return fail(fmt.Errorf("activation %s is not known", config.Activation))
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path), "model.safetensors"))
	if errors.Is(err, fs.ErrNotExist) {
		return fail(errors.New("it has no model.safetensors (weights in PyTorch's own format are not read)"))
	}
	if err != nil {
		return fail(err)
	}
	file, err := tensors.Parse(data)
	if err != nil {
		return fail(err)
	}
	d := &dense{in: in, activation: activation}
	weight, ok := file.Tensor("linear.weight")
	if !ok || len(weight.Shape) != 2 {
		return fail(errors.New("model.safetensors has no matrix linear.weight"))
	}
	if d.out = weight.Shape[0]; weight.Shape[1] != in {
		return fail(fmt.Errorf("its weight is %d×%d, and %d values come in", d.out, weight.Shape[1], in))
	}
	if d.weight, err = weight.Float32s(); err != nil {
		return fail(fmt.Errorf("its weight %w", err))
	}
	if bias, ok := file.Tensor("linear.bias"); ok {
		if d.bias, err = bias.Float32s(); err != nil {
			return fail(fmt.Errorf("its bias %w", err))
		}
		if len(d.bias) != d.out {
			return fail(fmt.Errorf("it has %d biases for %d values", len(d.bias), d.out))
		}
	}
	return d, nil
}

// apply returns a new vector of length out.
func (d *dense) apply(x []float32) []float32 {
	y := make([]float32, d.out)
	for i := range y {
		sum := 0.0
		for j, w := range d.weight[i*d.in : (i+1)*d.in] {
			sum += float64(w) * float64(x[j])
		}
		if d.bias != nil {
			sum += float64(d.bias[i])
		}
		y[i] = float32(d.activation(sum))
	}
	return y
}
