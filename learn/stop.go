package learn

// EarlyStop tells when validations have stopped to improve.
//
// Source: EarlyStopper in model2vec's train/trainer.py.
type EarlyStop struct {
	Larger   bool    // scores are better the larger they are; else the smaller
	Patience int     // validations without improvement that end the training; 0: never
	MinDelta float64 // what a score must gain to count as an improvement

	state StopState
}

// StopState is what an EarlyStop knows of the scores so far.
type StopState struct {
	Begun bool    `json:"begun"`
	Best  float64 `json:"best"`
	Wait  int     `json:"wait"` // scores since that were no improvement
}

// NewEarlyStop returns the reference's: patience 5, 0.001.
func NewEarlyStop(larger bool) *EarlyStop {
	return &EarlyStop{Larger: larger, Patience: 5, MinDelta: 0.001}
}

// Step takes note of a score and tells whether training should end. A score that is not a
// number is no improvement.
func (e *EarlyStop) Step(score float64) bool {
	if !e.state.Begun && score == score || e.state.Begun && e.better(score, e.state.Best, e.MinDelta) {
		e.state = StopState{Begun: true, Best: score}
	} else {
		e.state.Wait++
	}
	return e.Patience > 0 && e.state.Wait >= e.Patience
}

// better tells whether score is better than other by more than delta.
func (e *EarlyStop) better(score, other, delta float64) bool {
	if e.Larger {
		return score > other+delta
	}
	return score < other-delta
}
