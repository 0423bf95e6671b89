package transformer

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// denseConfig is the config.json of a Dense module.
type denseConfig struct {
	named
	In          int             `json:"in_features"`
	Out         int             `json:"out_features"`
	Bias        *bool           `json:"bias"` // true if it is not there
	Activation  json.RawMessage `json:"activation_function"`
	UseResidual bool            `json:"use_residual"`
}

// dense is a module of sentence-transformers: y = activation(W·x + b), and x, or
// R·x where the widths differ, on top of it with a residual connection.
type dense struct {
	in, out    int
	weight     []float32 // out × in
	bias       []float32 // out, or nil
	activation activation
	residual   bool
	projection []float32 // R, out × in, or nil
}

// addDense compiles a Dense module, before a pooling (its config names
// token_embeddings) or after it.
//
// Source: sentence-transformers 6.2, base/modules/dense.py.
func (p *pipeline) addDense(m module) error {
	var config denseConfig
	if err := p.config(m, &config); err != nil {
		return err
	}
	in, out := config.names()
	f, err := p.read(in)
	if err != nil {
		return err
	}
	if config.In != f.width {
		return fmt.Errorf("%s: in_features is %d, and %d values come in", m.file("config.json"), config.In, f.width)
	}
	if config.Out <= 0 {
		return fmt.Errorf("%s: out_features is %d", m.file("config.json"), config.Out)
	}
	d := &dense{in: config.In, out: config.Out, residual: config.UseResidual}
	name, err := p.activationName(m, config.Activation)
	if err != nil {
		return err
	}
	tensors, err := p.weights(m)
	if err != nil {
		return err
	}
	if d.activation, err = newActivation(name, f.states, tensors); err != nil {
		return err
	}
	if err := d.read(tensors, config.Bias == nil || *config.Bias); err != nil {
		return err
	}
	width := d.activation.width(d.out)
	if d.residual && width != d.out {
		return fmt.Errorf("%s: use_residual: activation %s halves the %d values", m.file("config.json"), name, d.out)
	}
	description := fmt.Sprintf("Dense %d→%d %s", d.in, width, name)
	if d.residual {
		description += " with residual"
	}
	p.add(out, feature{states: f.states, width: width}, description, func(w *work) {
		x := w.values[in]
		y := make([]float32, 0, len(x)/d.in*width)
		for at := 0; at < len(x); at += d.in {
			y = append(y, d.apply(x[at:at+d.in])...)
		}
		w.values[out] = y
	})
	return nil
}

// read takes the layer's weights.
func (d *dense) read(tensors *moduleWeights, bias bool) (err error) {
	if d.weight, err = tensors.take("linear.weight", d.out, d.in); err != nil {
		return err
	}
	if bias {
		if d.bias, err = tensors.take("linear.bias", d.out); err != nil {
			return err
		}
	}
	if d.residual && d.in != d.out {
		if d.projection, err = tensors.take("residual.weight", d.out, d.in); err != nil {
			return err
		}
	}
	return tensors.none()
}

// activationName returns the class that a Dense names: Tanh if it names none, or,
// with a warning, one that is not torch's own.
func (p *pipeline) activationName(m module, raw json.RawMessage) (string, error) {
	if raw == nil {
		return "torch.nn.modules.activation.Tanh", nil
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil || bytes.Equal(raw, []byte("null")) {
		return "", fmt.Errorf("%s: activation_function %s is not the name of a class", m.file("config.json"), raw)
	}
	if len(name) < 6 || name[:6] != "torch." {
		p.warnings = append(p.warnings, fmt.Sprintf("%s: the activation %q is not a class of torch; tanh is used, as sentence-transformers does", m.file("config.json"), name))
		return "torch.nn.modules.activation.Tanh", nil
	}
	return name, nil
}

// apply returns a new vector.
func (d *dense) apply(x []float32) []float32 {
	y := make([]float64, d.out)
	for i := range y {
		if y[i] = dot(d.weight[i*d.in:(i+1)*d.in], x); d.bias != nil {
			y[i] += float64(d.bias[i])
		}
	}
	y = d.activation.apply(y)
	for i := range y {
		switch {
		case d.projection != nil:
			y[i] += dot(d.projection[i*d.in:(i+1)*d.in], x)
		case d.residual:
			y[i] += float64(x[i])
		}
	}
	out := make([]float32, len(y))
	for i, v := range y {
		out[i] = float32(v)
	}
	return out
}

func dot(a, b []float32) (sum float64) {
	for j, v := range a {
		sum += float64(v) * float64(b[j])
	}
	return sum
}
