package tokenlearn

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/learn"
)

// Options of a training. Begin with DefaultOptions.
type Options struct {
	Loss        Loss
	Temperature float64 // of the contrastive loss, above 0
	Rate        float64 // learning rate, above 0
	Batch       int     // texts
	Epochs      int     // at most
	Patience    int     // validations without improvement that end the training; 0: never
	MinDelta    float64 // what the validation loss must fall by to count as an improvement
	Every       int     // steps between validations, beside the one at each epoch's end
	Seed        uint64  // of the order of texts and of the linear layer

	// SIF, above 0, ends the training as tokenlearn 0.1 did: the rows are centred and turned
	// on their principal components, and each is weighted by SIF/(SIF+p), p the share of its
	// token among those of the texts. 0: not.
	SIF float64

	// Checkpoint is a file that keeps where the training is, about every CheckpointSteps
	// steps; "" keeps nothing. Resume goes on with it, and makes the same rows as a training
	// that was not broken off.
	Checkpoint      string
	CheckpointSteps int
	Resume          bool
}

// DefaultOptions are tokenlearn 0.2.1's.
func DefaultOptions() Options {
	return Options{
		Loss: MSE, Temperature: 0.07, Rate: 1e-3, Batch: 256, Epochs: 100_000, Patience: 5, MinDelta: 1e-4, Every: 1000, Seed: 42,
		CheckpointSteps: 1000,
	}
}

func (o Options) check() error {
	switch {
	case !slices.Contains(Losses, o.Loss):
		return fault.Option("loss", o.Loss, "is not one of %s", lossNames())
	case math.IsNaN(o.MinDelta) || math.IsInf(o.MinDelta, 0):
		return fault.Option("min-delta", o.MinDelta, "is not finite")
	case o.Resume && o.Checkpoint == "":
		return fault.Option("resume", nil, ": no checkpoint is named")
	}
	return cmp.Or(
		fault.Above0("temperature", o.Temperature), fault.Above0("learning-rate", o.Rate),
		fault.AtLeast("batch-size", o.Batch, 1), fault.AtLeast("epochs", o.Epochs, 1), fault.AtLeast("patience", o.Patience, 0),
		fault.AtLeast("validate-steps", o.Every, 1), fault.Below("post-sif", o.SIF, 0, 1), fault.AtLeast("checkpoint-steps", o.CheckpointSteps, 0),
	)
}

// Switches are the options that change rows, by the names of their flags.
func (o Options) Switches() map[string]any {
	list := map[string]any{
		"loss": string(o.Loss), "learning-rate": o.Rate, "batch-size": o.Batch, "epochs": o.Epochs, "patience": o.Patience,
		"min-delta": o.MinDelta, "validate-steps": o.Every, "seed": o.Seed,
	}
	if o.Loss == Contrastive {
		list["temperature"] = o.Temperature
	}
	if o.SIF > 0 {
		list["post-sif"] = o.SIF
	}
	return list
}

func (o Options) stop() *learn.EarlyStop {
	return &learn.EarlyStop{Patience: o.Patience, MinDelta: o.MinDelta}
}

// A Loss compares what the model makes of texts with their targets.
type Loss string

// The losses.
const (
	MSE    Loss = "mse"    // mean squared difference: tokenlearn 0.2.1
	Cosine Loss = "cosine" // 1 − cosine
	// Contrastive is the cross-entropy of finding a text's target among those of the batch,
	// by cosine: tokenlearn after 0.2.1.
	Contrastive Loss = "contrastive"
)

// Losses are all losses.
var Losses = []Loss{MSE, Cosine, Contrastive}

func lossNames() string {
	var names []string
	for _, l := range Losses {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}

// Set parses a name, so that a *Loss is a command-line flag.
func (l *Loss) Set(name string) error {
	if !slices.Contains(Losses, Loss(name)) {
		return fmt.Errorf("want one of %s", lossNames())
	}
	*l = Loss(name)
	return nil
}

// String returns the name.
func (l *Loss) String() string { return string(*l) }

// Type names the flag's kind of value in help texts.
func (l *Loss) Type() string { return "loss" }

// Flags returns the options that a command line has as flags, which set o.
func (o *Options) Flags() *flag.FlagSet {
	f := flag.NewFlagSet("tokenlearn", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Var(&o.Loss, "loss", "mse, cosine or contrastive")
	f.Float64Var(&o.Temperature, "temperature", o.Temperature, "of the contrastive loss: cosines are divided by it")
	f.Float64Var(&o.Rate, "learning-rate", o.Rate, "of AdamW")
	f.IntVar(&o.Batch, "batch-size", o.Batch, "texts of a step")
	f.IntVar(&o.Epochs, "epochs", o.Epochs, "passes over the texts, at most")
	f.IntVar(&o.Patience, "patience", o.Patience, "validations without improvement that end the training; 0: only --epochs does")
	f.Float64Var(&o.MinDelta, "min-delta", o.MinDelta, "what the validation loss must fall by to count as an improvement")
	f.IntVar(&o.Every, "validate-steps", o.Every, "steps between validations, beside the one at each epoch's end")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "random seed of the order of texts and of the linear layer")
	f.Float64Var(&o.SIF, "post-sif", o.SIF, "turn the rows on their principal components at the end, and weight each by A/(A+p), p the share of its token in the texts, such as 1e-3 (default: leave them)")
	f.IntVar(&o.CheckpointSteps, "checkpoint-steps", o.CheckpointSteps, "steps between checkpoints, at least; 0: none")
	return f
}
