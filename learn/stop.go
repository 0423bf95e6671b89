package learn

// EarlyStop tells when validations have stopped to improve.
//
// Source: EarlyStopper in model2vec's train/trainer.py.
type EarlyStop struct {
	Larger   bool    // scores are better the larger they are; else the smaller
	Patience int     // validations without improvement that end the training; 0: never
	MinDelta float64 // what a score must gain to count as an improvement

	best  float64
	begun bool
	wait  int
}

// NewEarlyStop returns the reference's: patience 5, 0.001.
func NewEarlyStop(larger bool) *EarlyStop {
	return &EarlyStop{Larger: larger, Patience: 5, MinDelta: 0.001}
}

// Step takes note of a score and tells whether training should end. A score that is not a
// number is no improvement.
func (e *EarlyStop) Step(score float64) bool {
	if !e.begun && score == score || e.begun && e.better(score, e.best, e.MinDelta) {
		e.begun, e.best, e.wait = true, score, 0
	} else {
		e.wait++
	}
	return e.Patience > 0 && e.wait >= e.Patience
}

// better tells whether score is better than other by more than delta.
func (e *EarlyStop) better(score, other, delta float64) bool {
	if e.Larger {
		return score > other+delta
	}
	return score < other-delta
}
