package tokenlearn

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/static"
)

// Trained is the outcome of Train.
type Trained struct {
	Rows *matrix.Matrix // V×D, of the best validation
	learn.Result
	Stopped bool // for want of improvement, not for the number of epochs

	Texts, HeldOut int    // that the rows were trained with, and validated on
	TextsSHA256    string // of all texts, see features.Manifest
	NoTokens       int    // texts without a token that counts, left out
	BadVectors     int    // texts whose vector is zeros or not finite, left out
	TokensSeen     int    // tokens that the texts hold
	// Explained is the share of the teacher's variance that the targets hold, in (0, 1].
	Explained float64
	Warnings  []string
}

// Watch is told how a training goes. Each may be nil.
type Watch struct {
	Prepare  func(texts, of int) // texts read, twice each
	Step     func(step int)
	Validate func(learn.Record)
}

// fewest texts that are trained with: one is validated on for each ten.
const fewest = 20

// Train trains the rows of start on a teacher's vectors of texts. pad is the id of the
// padding token, whose row becomes zeros, −1 if there is none.
//
// Where it is broken off by ctx, or by a loss that is infinite or not a number
// (learn.NotFiniteError), Train returns the error and the best rows up to there; it returns
// nil rows where no validation was done.
func Train(ctx context.Context, start *static.Model, pad int, source features.Source, o Options, w Watch) (*Trained, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // the heap is a few large slices
	rows := start.Table().Matrix()                   // V×D
	encoder, err := start.NewEncoder(static.Options{})
	if err != nil {
		return nil, err
	}
	source = watched{source, w.Prepare, new(int)}
	t, warnings, err := projection(ctx, source, rows.Cols)
	if err != nil {
		return nil, err
	}
	x, err := prepare(ctx, source, encoder, rows.Rows, t) // N examples
	if err != nil {
		return nil, err
	}
	defer x.close()
	x.warnings = warnings
	held := min(learn.MaxValidation, x.len()/10)
	if x.len() < fewest {
		return nil, fmt.Errorf("tokenlearn: %d of %d texts have tokens and a vector: a training needs %d", x.len(), source.Len(), fewest)
	}
	madeOf := o.madeOf(rows, x)
	m := newModel(rows, x, o)
	if pad >= 0 && pad < len(m.rows.Weights) {
		m.rows.Weights[pad] = 0
	}
	return m.train(ctx, x.len()-held, madeOf, w)
}

// train runs the loop: examples from first on are validated on.
func (m *model) train(ctx context.Context, first int, madeOf map[string]string, w Watch) (*Trained, error) {
	o, x := m.options, m.x
	out := &Trained{
		Texts: first, HeldOut: x.len() - first, TextsSHA256: x.texts, NoTokens: x.noTokens, BadVectors: x.bad, TokensSeen: x.seen(), Explained: x.explained,
		Warnings: x.warnings,
	}
	loop := &learn.Loop{
		Examples: first, Batch: o.Batch, Epochs: o.Epochs, Every: o.Every, Ends: true, Seed: o.Seed,
		Schedule: learn.Constant(o.Rate), Stop: o.stop(), Params: []learn.Optimiser{m.directions, m.norms, m.dense},
		Step: m.step, Validate: func() (learn.Validation, error) { return m.validate(first) }, Tell: w.Validate,
	}
	steps := 0 // that are done
	if o.Resume {
		p, err := m.load(o.Checkpoint, madeOf)
		if err != nil {
			return nil, err
		}
		loop.Start, loop.Stop.State, steps = &p.Loop, p.Stop, p.Loop.Result.Steps
	}
	if o.Checkpoint != "" && o.CheckpointSteps > 0 {
		written, failed := steps, false
		loop.Checkpoint = func(s learn.LoopState) error {
			if s.Result.Steps-written < o.CheckpointSteps {
				return nil
			}
			written = s.Result.Steps
			if err := m.save(o.Checkpoint, madeOf, position{s, loop.Stop.State}); err != nil && !failed { // the training is worth more
				failed = true
				out.Warnings = append(out.Warnings, fmt.Sprintf("checkpoint %s was not written: %v", o.Checkpoint, err))
			}
			return nil
		}
	}
	if w.Step != nil {
		loop.Step = func(numbers []int, rate float64) float64 {
			steps++
			w.Step(steps)
			return m.step(numbers, rate)
		}
	}
	var err error
	out.Result, err = loop.Run(ctx)
	if m.err != nil {
		return nil, m.err
	}
	out.Stopped = o.Patience > 0 && loop.Stop.State.Wait >= o.Patience
	if out.Best.Step > 0 {
		out.Rows = m.vectors()
		if post := o.reweight(out, x.counts); post != nil {
			return nil, post
		}
	}
	if bad, ok := errors.AsType[*learn.NotFiniteError](err); ok {
		err = fault.Hint(fmt.Errorf("tokenlearn: the loss is %v in step %d, epoch %d", bad.Loss, bad.Step, bad.Epoch), "try a lower --learning-rate")
	}
	return out, err
}

// reweight does what SIF asks for.
//
// Source: calculate_token_probabilities and weight_model in tokenlearn 0.1.
func (o Options) reweight(t *Trained, counts []int64) error {
	if o.SIF == 0 {
		return nil
	}
	ctx := context.Background() // after a training that was broken off, too
	basis, err := pca.Fit(ctx, t.Rows)
	if err != nil {
		return fmt.Errorf("tokenlearn: principal components of the rows: %w", err)
	}
	if t.Rows, err = basis.ProjectInPlace(ctx, t.Rows, pca.ProjectOptions{Dims: t.Rows.Cols}); err != nil {
		return fmt.Errorf("tokenlearn: principal components of the rows: %w", err)
	}
	var sum float64
	for _, n := range counts {
		sum += float64(n + 1)
	}
	for i, n := range counts {
		weight := o.SIF / (o.SIF + float64(n+1)/sum)
		for j, v := range t.Rows.Row(i) {
			t.Rows.Row(i)[j] = float32(float64(v) * weight)
		}
	}
	return nil
}

// madeOf is what decides a training, by name.
func (o Options) madeOf(start *matrix.Matrix, x *examples) map[string]string {
	list := map[string]string{"rows": hashFloats(start.Data), "texts and vectors": x.sum}
	for name, value := range o.Switches() {
		if name != "post-sif" { // it acts at the end
			list[name] = fmt.Sprint(value)
		}
	}
	return list
}

// seen returns how many tokens the texts hold.
func (x *examples) seen() int {
	n := 0
	for _, c := range x.counts {
		if c > 0 {
			n++
		}
	}
	return n
}

func hashFloats(values []float32) string {
	h := sha256.New()
	buffer := make([]byte, 0, 1<<16)
	for len(values) > 0 {
		n := min(len(values), cap(buffer)/4)
		buffer = buffer[:0]
		for _, v := range values[:n] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		h.Write(buffer)
		values = values[n:]
	}
	return hex.EncodeToString(h.Sum(nil))
}

// watched tells how many texts were read.
type watched struct {
	features.Source
	tell func(texts, of int)
	done *int
}

// Each implements features.Source.
func (s watched) Each(ctx context.Context, visit func(int, []string, *matrix.Matrix) error) error {
	return s.Source.Each(ctx, func(first int, texts []string, y *matrix.Matrix) error {
		err := visit(first, texts, y)
		*s.done += len(texts)
		if s.tell != nil {
			s.tell(*s.done, 2*s.Len())
		}
		return err
	})
}
