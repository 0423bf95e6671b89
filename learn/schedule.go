package learn

import "math"

// A Schedule gives the learning rate of each step.
type Schedule interface {
	// Rate returns the rate of a step, counted from 0.
	Rate(step int) float64
	// Epoch is told the last validation's loss at the end of each epoch.
	Epoch(loss float64)
}

// Plateau multiplies the rate when the loss does not fall any more.
//
// Source: torch.optim.lr_scheduler.ReduceLROnPlateau(mode="min", threshold_mode="rel").
type Plateau struct {
	Start     float64 // the first rate
	Factor    float64 // in (0, 1)
	Patience  int     // epochs without improvement that are put up with
	Min       float64 // no rate is lower
	Threshold float64 // of an improvement, relative to the best loss

	State PlateauState
}

// PlateauState is what a Plateau has seen.
type PlateauState struct {
	Rate, Best float64
	Begun      bool
	Bad        int // epochs without improvement
}

// NewPlateau returns the reference's: half the rate after three epochs in which the loss
// did not fall by 3 %, not below 1e-6.
//
// Source: run_training_loop in model2vec's train/trainer.py.
func NewPlateau(rate float64) *Plateau {
	return &Plateau{Start: rate, Factor: 0.5, Patience: 3, Min: 1e-6, Threshold: 0.03}
}

// Rate returns the rate, which depends on the epochs' losses alone.
func (p *Plateau) Rate(int) float64 {
	if !p.State.Begun {
		return p.Start
	}
	return p.State.Rate
}

// Epoch takes note of an epoch's loss.
func (p *Plateau) Epoch(loss float64) {
	s := &p.State
	switch {
	case !s.Begun:
		*s = PlateauState{Rate: p.Start, Best: loss, Begun: true}
	case loss < s.Best*(1-p.Threshold):
		s.Best, s.Bad = loss, 0
	default:
		if s.Bad++; s.Bad > p.Patience {
			s.Rate, s.Bad = max(s.Rate*p.Factor, p.Min), 0
		}
	}
}

// WarmUp raises the rate in a line from 0 to Peak over the first Warm of Total steps, and
// lowers it in a line to 0 over the others.
//
// Source: get_linear_schedule_with_warmup of transformers.
type WarmUp struct {
	Peak        float64
	Warm, Total int
}

// Rate returns the rate of a step.
func (w WarmUp) Rate(step int) float64 {
	if step < w.Warm {
		return w.Peak * float64(step) / float64(w.Warm)
	}
	return w.Peak * max(0, float64(w.Total-step)/float64(max(1, w.Total-w.Warm)))
}

// Epoch does nothing.
func (WarmUp) Epoch(float64) {}

// Constant is a rate that stays.
type Constant float64

// Rate returns the rate.
func (c Constant) Rate(int) float64 { return float64(c) }

// Epoch does nothing.
func (Constant) Epoch(float64) {}

// Positive tells whether x is above 0 and finite, as a rate, a temperature or a weight is.
func Positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
