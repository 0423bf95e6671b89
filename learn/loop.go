package learn

import (
	"context"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/internal/nprand"
)

// Validation is what a model does on examples that it does not train with.
type Validation struct {
	Loss  float64
	Score float64 // what Stop and the best state go by; the loss itself where there is no other
}

// Optimiser is what a loop asks of the model's parameters: SparseAdam and Adam have it.
type Optimiser interface {
	Save()    // remember the parameters as they are
	Restore() // bring the remembered ones back
}

// Loop trains a model epoch by epoch on batches of shuffled examples, validates it, and
// leaves it in its best state.
type Loop struct {
	Examples int // 0 … Examples−1
	Batch    int
	Epochs   int // at most
	MinSteps int // no end by Stop before
	// Every is how many steps lie between two validations; 0: one at each epoch's end.
	Every int
	// Ends, with Every, validates at each epoch's end, too, and counts the steps between
	// from its beginning.
	Ends     bool
	Seed     uint64
	Schedule Schedule
	Stop     *EarlyStop
	Params   []Optimiser

	// Step trains on examples at a learning rate and returns their mean loss.
	Step func(examples []int, rate float64) float64
	// Validate looks at the model as it is.
	Validate func() (Validation, error)
	// Tell is told of each validation, and may be nil.
	Tell func(Record)

	// Start is where an earlier run was interrupted: a state that Checkpoint was given, with
	// the parameters, Schedule and Stop as they were then. The run goes on to the same
	// result. Checkpoint is called after each validation, and may be nil.
	Start      *LoopState
	Checkpoint func(LoopState) error
}

// LoopState is where a loop is between two steps.
type LoopState struct {
	Result Result
	Done   int // examples of the epoch that were trained with
	Last   Validation
	Known  bool // a validation was made
}

// Record is a line of a training's log.
type Record struct {
	Epoch     int     `json:"epoch"` // from 1
	Step      int     `json:"step"`  // from 1, of all epochs
	Rate      float64 `json:"learning_rate"`
	TrainLoss float64 `json:"train_loss"` // the mean since the last record
	Loss      float64 `json:"val_loss"`
	Score     float64 `json:"val_score"`
	Best      bool    `json:"best"` // the best state so far
	Examples  int     `json:"examples"`
}

// String is the record in a line.
func (r Record) String() string {
	line := fmt.Sprintf("epoch %d, step %d: training loss %.4g, validation loss %.4g", r.Epoch, r.Step, r.TrainLoss, r.Loss)
	if r.Score != r.Loss {
		line += fmt.Sprintf(", score %.4f", r.Score)
	}
	if r.Best {
		line += ", the best so far"
	}
	return line
}

// Result is how a training ended.
type Result struct {
	Epochs int // begun
	Steps  int
	Best   Record // the validation whose state was kept; Step 0 if there was none
}

// NotFiniteError is a loss that is infinite or not a number. The model is in its best state
// before that.
type NotFiniteError struct {
	Epoch, Step int
	Loss        float64
}

func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("learn: train: the loss is %v in step %d, epoch %d: try a lower learning rate", e.Loss, e.Step, e.Epoch)
}

// Run trains. However it ends, the parameters are those of the best validation, or the first
// ones if there was none; an error is a NotFiniteError, that of ctx, or of Validate.
func (l *Loop) Run(ctx context.Context) (Result, error) {
	r := &run{Loop: l}
	if l.Start != nil {
		r.LoopState = *l.Start
	} else {
		for _, p := range l.Params {
			p.Save()
		}
	}
	err := r.epochs(ctx)
	for _, p := range l.Params {
		p.Restore()
	}
	return r.Result, err
}

// run is a Run under way.
type run struct {
	*Loop
	LoopState
	sum   float64 // of the losses since the last record
	count int
}

func (r *run) epochs(ctx context.Context) error {
	for epoch := max(r.Result.Epochs, 1); epoch <= r.Epochs; epoch++ {
		r.Result.Epochs = epoch
		order := nprand.NewGenerator(r.Seed ^ uint64(epoch)<<32).Perm(r.Examples)
		for r.Done < len(order) {
			if err := ctx.Err(); err != nil {
				return err
			}
			batch := order[r.Done:min(r.Done+r.Batch, len(order))]
			if err := r.step(batch); err != nil {
				return err
			}
			r.Done += len(batch)
			if r.due(r.Done == len(order)) {
				if stop, err := r.validate(); stop || err != nil {
					return err
				}
			}
		}
		if r.Known {
			r.Schedule.Epoch(r.Last.Loss)
		}
		r.Done = 0
	}
	return nil
}

// due tells whether a validation is due after a step, the last one of its epoch or not.
func (r *run) due(last bool) bool {
	switch {
	case r.Every == 0 || r.Ends && last:
		return last
	case r.Ends:
		return r.Done/r.Batch%r.Every == 0
	}
	return r.Result.Steps%r.Every == 0
}

func (r *run) step(examples []int) error {
	loss := r.Step(examples, r.Schedule.Rate(r.Result.Steps))
	r.Result.Steps++
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &NotFiniteError{r.Result.Epochs, r.Result.Steps, loss}
	}
	r.sum, r.count = r.sum+loss, r.count+1
	return nil
}

// validate looks at the model, remembers it if it is the best, and tells whether to stop.
func (r *run) validate() (stop bool, err error) {
	v, err := r.Validate()
	if err != nil {
		return false, err
	}
	if math.IsNaN(v.Loss) || math.IsInf(v.Loss, 0) {
		return false, &NotFiniteError{r.Result.Epochs, r.Result.Steps, v.Loss}
	}
	record := Record{
		Epoch: r.Result.Epochs, Step: r.Result.Steps, Rate: r.Schedule.Rate(r.Result.Steps - 1), TrainLoss: r.sum / float64(max(r.count, 1)),
		Loss: v.Loss, Score: v.Score, Examples: r.Examples,
	}
	record.Best = r.Result.Best.Step == 0 || r.Stop.better(v.Score, r.Result.Best.Score, 0)
	if record.Best {
		r.Result.Best = record
		for _, p := range r.Params {
			p.Save()
		}
	}
	r.Last, r.Known, r.sum, r.count = v, true, 0, 0
	if r.Tell != nil {
		r.Tell(record)
	}
	stop = r.Stop.Step(v.Score) && r.Result.Steps >= r.MinSteps
	if r.Checkpoint != nil && !stop {
		err = r.Checkpoint(r.LoopState)
	}
	return stop, err
}

// BatchSize returns the reference's choice for so many examples: 32 to 512.
//
// Source: _determine_batch_size in model2vec's train/base.py.
func BatchSize(examples int) int { return 32 * min(max(1, examples/30/32), 16) }

// Interval returns the reference's steps between validations: 0, once an epoch, or, where an
// epoch has more than 250 batches, at least 250.
//
// Source: _determine_val_check_interval in model2vec's train/base.py.
func Interval(examples, batch int) int {
	if n := examples / batch; n > 250 {
		return max(250, n/4)
	}
	return 0
}
