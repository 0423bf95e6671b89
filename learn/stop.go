package learn

// EarlyStop tells when validations have stopped to improve.
//
// Source: EarlyStopper in model2vec's train/trainer.py.
type EarlyStop struct {
	Larger   bool    // scores are better the larger they are; else the smaller
	Patience int     // validations without improvement that end the training; 0: never
	MinDelta float64 // what a score must gain to count as an improvement

	State StopState
}

// StopState is what an EarlyStop has seen.
type StopState struct {
	Best  float64
	Begun bool
	Wait  int // validations without improvement
}

// NewEarlyStop returns the reference's: patience 5, 0.001.
func NewEarlyStop(larger bool) *EarlyStop {
	return &EarlyStop{Larger: larger, Patience: 5, MinDelta: 0.001}
}

// Step takes note of a score and tells whether training should end. A score that is not a
// number is no improvement.
func (e *EarlyStop) Step(score float64) bool {
	s := &e.State
	if !s.Begun && score == score || s.Begun && e.better(score, s.Best, e.MinDelta) {
		*s = StopState{Best: score, Begun: true}
	} else {
		s.Wait++
	}
	return e.Patience > 0 && s.Wait >= e.Patience
}

// better tells whether score is better than other by more than delta.
func (e *EarlyStop) better(score, other, delta float64) bool {
	if e.Larger {
		return score > other+delta
	}
	return score < other-delta
}
