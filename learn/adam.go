package learn

import (
	"math"

	"github.com/m2v-dev/m2v/internal/parallel"
)

// AdamOptions are the constants of Adam, AdamW and SparseAdam.
type AdamOptions struct {
	Beta1, Beta2 float64 // in [0, 1)
	Epsilon      float64 // above 0
	// Decay, times the rate, is how much of a parameter each step takes away beside its
	// gradient's part: AdamW. 0 is Adam.
	Decay float64
}

// DefaultAdam and DefaultAdamW are torch's.
var (
	DefaultAdam  = AdamOptions{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
	DefaultAdamW = AdamOptions{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Decay: 0.01}
)

// Adam trains dense parameters: those of a head.
//
// Source: Kingma and Ba, Adam (2015), and Loshchilov and Hutter, Decoupled weight decay
// regularization (2019), as torch.optim.Adam and AdamW compute them.
type Adam struct {
	options AdamOptions
	params  [][]float32
	m, v    [][]float32 // the moments
	best    [][]float32 // of Save
	steps   int
}

// NewAdam trains params, which it keeps and changes in place.
func NewAdam(o AdamOptions, params ...[]float32) *Adam {
	a := &Adam{options: o, params: params}
	for _, p := range params {
		a.m, a.v, a.best = append(a.m, make([]float32, len(p))), append(a.v, make([]float32, len(p))), append(a.best, append([]float32(nil), p...))
	}
	return a
}

// values of a range of the parallel loop.
const valuesAtATime = 1 << 14

// Step moves the parameters along their gradients, in the order of NewAdam, at a learning
// rate.
func (a *Adam) Step(rate float64, gradients ...[]float32) {
	a.steps++
	o := a.options
	first := 1 - math.Pow(o.Beta1, float64(a.steps))
	second := math.Sqrt(1 - math.Pow(o.Beta2, float64(a.steps)))
	step, keep := float32(rate/first), float32(1-rate*o.Decay)
	b1, b2, eps, root := float32(1-o.Beta1), float32(o.Beta2), float32(o.Epsilon), float32(second)
	c2 := float32(1 - o.Beta2)
	for i, p := range a.params {
		m, v, g := a.m[i], a.v[i], gradients[i]
		parallel.Ranges(len(p), valuesAtATime, func(from, to int) {
			for j := from; j < to; j++ {
				m[j] += (g[j] - m[j]) * b1
				v[j] = v[j]*b2 + g[j]*g[j]*c2
				p[j] = p[j]*keep - step*(m[j]/(sqrt(v[j])/root+eps))
			}
		})
	}
}

// Save remembers the parameters as they are; Restore brings the remembered ones back, the
// first ones where none were saved.
func (a *Adam) Save() {
	for i, p := range a.params {
		copy(a.best[i], p)
	}
}

// Restore undoes what came after Save.
func (a *Adam) Restore() {
	for i, p := range a.params {
		copy(p, a.best[i])
	}
}

// AdamState is what an Adam remembers, for a checkpoint: slices alias it.
type AdamState struct {
	Steps                  int
	Params, M, V, Restored [][]float32 // Restored is what Restore brings back
}

// State returns what the optimiser remembers.
func (a *Adam) State() AdamState { return AdamState{a.steps, a.params, a.m, a.v, a.best} }

// SetState copies a state of the same parameters: training goes on from there. It panics if
// the sizes differ.
func (a *Adam) SetState(s AdamState) {
	a.steps = s.Steps
	for i := range a.params {
		for _, pair := range [][2][]float32{{a.params[i], s.Params[i]}, {a.m[i], s.M[i]}, {a.v[i], s.V[i]}, {a.best[i], s.Restored[i]}} {
			if copy(pair[0], pair[1]) != len(pair[0]) || len(pair[0]) != len(pair[1]) {
				panic("learn: a state of other parameters")
			}
		}
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
