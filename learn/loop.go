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
	// Checkpoint, if not nil, is called after a validation that lies so many steps after the
	// last call, to keep the parameters, their moments, and where the training is.
	Checkpoint      func(State) error
	CheckpointSteps int
	// From is where to go on: the parameters and moments are as a Checkpoint kept them. The
	// zero value begins. The Schedule must not depend on losses then.
	From State
}

// State is where a training is, for a checkpoint.
type State struct {
	Epoch int       `json:"epoch"` // from 1
	Step  int       `json:"step"`  // that were done, of all epochs
	Done  int       `json:"done"`  // examples of the epoch
	Best  Record    `json:"best"`
	Stop  StopState `json:"stop"`
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
	r := &run{Loop: l, kept: l.From.Step}
	if l.From.Step == 0 {
		for _, p := range l.Params {
			p.Save()
		}
	} else {
		r.result = Result{l.From.Epoch, l.From.Step, l.From.Best}
		l.Stop.state = l.From.Stop
	}
	err := r.epochs(ctx)
	for _, p := range l.Params {
		p.Restore()
	}
	return r.result, err
}

// run is a Run under way.
type run struct {
	*Loop
	result Result
	last   Validation
	known  bool    // a validation was made
	sum    float64 // of the losses since the last record
	count  int
	done   int // examples of the epoch
	kept   int // the step of the last checkpoint
}

func (r *run) epochs(ctx context.Context) error {
	r.done = r.From.Done
	for epoch := max(1, r.From.Epoch); epoch <= r.Epochs; epoch++ {
		r.result.Epochs = epoch
		order := nprand.NewGenerator(r.Seed ^ uint64(epoch)<<32).Perm(r.Examples)
		if stop, err := r.epoch(ctx, order); stop || err != nil {
			return err
		}
		if r.known {
			r.Schedule.Epoch(r.last.Loss)
		}
		r.done = 0
	}
	return nil
}

// epoch trains on what is left of an epoch, and tells whether to stop.
func (r *run) epoch(ctx context.Context, order []int) (stop bool, err error) {
	for steps := r.done / r.Batch; r.done < len(order); {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		examples := order[r.done:min(r.done+r.Batch, len(order))]
		if err := r.step(examples); err != nil {
			return false, err
		}
		r.done += len(examples)
		if steps++; r.due(steps, r.done == len(order)) {
			if stop, err := r.validate(); stop || err != nil {
				return stop, err
			}
		}
	}
	return false, nil
}

// due tells whether a validation is due after so many steps of the epoch, of which that was
// the last or not.
func (r *run) due(steps int, last bool) bool {
	switch {
	case r.Every == 0 || r.Ends && last:
		return last
	case r.Ends:
		return steps%r.Every == 0
	}
	return r.result.Steps%r.Every == 0
}

func (r *run) step(examples []int) error {
	loss := r.Step(examples, r.Schedule.Rate(r.result.Steps))
	r.result.Steps++
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &NotFiniteError{r.result.Epochs, r.result.Steps, loss}
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
		return false, &NotFiniteError{r.result.Epochs, r.result.Steps, v.Loss}
	}
	record := Record{
		Epoch: r.result.Epochs, Step: r.result.Steps, Rate: r.Schedule.Rate(r.result.Steps - 1), TrainLoss: r.sum / float64(max(r.count, 1)),
		Loss: v.Loss, Score: v.Score, Examples: r.Examples,
	}
	record.Best = r.result.Best.Step == 0 || r.Stop.better(v.Score, r.result.Best.Score, 0)
	if record.Best {
		r.result.Best = record
		for _, p := range r.Params {
			p.Save()
		}
	}
	r.last, r.known, r.sum, r.count = v, true, 0, 0
	if r.Tell != nil {
		r.Tell(record)
	}
	if r.Stop.Step(v.Score) && r.result.Steps >= r.MinSteps {
		return true, nil
	}
	if r.Checkpoint != nil && r.result.Steps-r.kept >= r.CheckpointSteps {
		r.kept = r.result.Steps
		return false, r.Checkpoint(State{r.result.Epochs, r.result.Steps, r.done, r.result.Best, r.Stop.state})
	}
	return false, nil
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
