package transformer

import (
	"fmt"
	"math"
	"strings"
)

// An activation is torch's module of that name with its default arguments: a
// function of each value, or one of all values of a row.
type activation struct {
	each   func(float64) float64
	all    func([]float64) []float64
	halves bool // all gives half as many values
}

func (a activation) width(n int) int {
	if a.halves {
		return n / 2
	}
	return n
}

// apply may change y.
func (a activation) apply(y []float64) []float64 {
	if a.all != nil {
		return a.all(y)
	}
	for i, v := range y {
		y[i] = a.each(v)
	}
	return y
}

// newActivation returns torch's activation by the full name of its class. states
// says that it works on rows of positions, tensors is where a PReLU has its slope.
func newActivation(class string, states bool, tensors *moduleWeights) (activation, error) {
	name := class[strings.LastIndexByte(class, '.')+1:]
	if !strings.HasPrefix(class, "torch.nn.") || strings.Contains(class, ".functional.") {
		return activation{}, fmt.Errorf("activation %s is not known", class)
	}
	if each := activations[name]; each != nil {
		return activation{each: each}, nil
	}
	switch name {
	case "PReLU":
		slope, err := tensors.take("activation_function.weight", 1)
		if err != nil {
			return activation{}, err
		}
		return activation{each: leaky(float64(slope[0]))}, nil
	case "GLU":
		return activation{all: glu, halves: true}, nil
	}
	// On three dimensions torch takes the first for these, which is the batch.
	if all := rowActivations[name]; all != nil && !states {
		return activation{all: all}, nil
	} else if all != nil {
		return activation{}, fmt.Errorf("activation %s of token states goes over the batch", class)
	}
	return activation{}, fmt.Errorf("activation %s is not known", class)
}

func leaky(slope float64) func(float64) float64 {
	return func(x float64) float64 {
		if x < 0 {
			return slope * x
		}
		return x
	}
}

func elu(x float64) float64 {
	if x > 0 {
		return x
	}
	return math.Expm1(x)
}

func softplus(x float64) float64 {
	if x > 20 { // torch's threshold
		return x
	}
	return math.Log1p(math.Exp(x))
}

func sigmoid(x float64) float64  { return 1 / (1 + math.Exp(-x)) }
func relu6(x float64) float64    { return min(max(x, 0), 6) }
func identity(x float64) float64 { return x }

// shrink returns x outside of [-1/2, 1/2], less shift on the way to 0, and 0 inside.
func shrink(shift float64) func(float64) float64 {
	return func(x float64) float64 {
		switch {
		case x > 0.5:
			return x - shift
		case x < -0.5:
			return x + shift
		}
		return 0
	}
}

// activations are those of one value, by the names of torch's classes.
var activations = map[string]func(float64) float64{
	"Identity": identity, "Dropout": identity, "AlphaDropout": identity,
	"Tanh": math.Tanh, "Sigmoid": sigmoid, "LogSigmoid": func(x float64) float64 { return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) },
	"ReLU": func(x float64) float64 { return max(x, 0) }, "ReLU6": relu6,
	"LeakyReLU": leaky(0.01), "RReLU": leaky((1.0/8 + 1.0/3) / 2), // its mean, outside of training
	"GELU": func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) },
	"SiLU": func(x float64) float64 { return x * sigmoid(x) },
	"Mish": func(x float64) float64 { return x * math.Tanh(softplus(x)) },
	"ELU":  elu, "CELU": elu,
	"SELU": func(x float64) float64 {
		const alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
		if x > 0 {
			return scale * x
		}
		return scale * alpha * math.Expm1(x)
	},
	"Hardtanh": func(x float64) float64 { return min(max(x, -1), 1) }, "Hardsigmoid": func(x float64) float64 { return relu6(x+3) / 6 },
	"Hardswish": func(x float64) float64 { return x * relu6(x+3) / 6 },
	"Softplus":  softplus, "Softsign": func(x float64) float64 { return x / (1 + math.Abs(x)) },
	"Tanhshrink": func(x float64) float64 { return x - math.Tanh(x) },
	"Hardshrink": shrink(0), "Softshrink": shrink(0.5),
}

// rowActivations are those of all values of a row.
var rowActivations = map[string]func([]float64) []float64{
	"Softmax": func(y []float64) []float64 { return softmax(y, 1) }, "Softmin": func(y []float64) []float64 { return softmax(y, -1) },
	"LogSoftmax": func(y []float64) []float64 {
		for i, v := range softmax(y, 1) {
			y[i] = math.Log(v)
		}
		return y
	},
}

// softmax changes y.
func softmax(y []float64, sign float64) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range y {
		top = max(top, sign*v)
	}
	for i, v := range y {
		y[i] = math.Exp(sign*v - top)
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

// glu multiplies the first half by the sigmoid of the second.
func glu(y []float64) []float64 {
	half := len(y) / 2
	for i := range half {
		y[i] *= sigmoid(y[half+i])
	}
	return y[:half]
}
