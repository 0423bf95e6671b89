package pairs

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/internal/fault"
)

// Options of a training. Begin with DefaultOptions.
type Options struct {
	// Random, above 0, replaces the model's rows by random ones of so many dimensions.
	Random int
	// Dims are the widths of prefixes whose losses are added; nil: the whole width alone.
	Dims        Dims
	Temperature float64 // cosines are divided by it, above 0
	// Rate is the highest learning rate, in units of the root mean square of the rows'
	// values: 0.05 moves a value by a twentieth of what is usual, each step.
	Rate       float64
	WarmUp     float64 // share of the steps in which the rate rises, in [0, 1]
	Batch      int     // pairs of a step
	Epochs     int
	Validation float64 // share of the pairs that the best state is chosen by, at most learn.MaxValidation of them; 0: the last state
	Patience   int     // validations, one an epoch, without improvement that end the training; 0: never
	Seed       uint64
}

// DefaultOptions are sentence-transformers' of static-retrieval-mrl-en-v1, with a tenth of
// the pairs kept for validation. Its rate for random rows is 0.2.
func DefaultOptions() Options {
	return Options{Temperature: 0.05, Rate: 0.05, WarmUp: 0.1, Batch: 2048, Epochs: 1, Validation: 0.1, Seed: 42}
}

// maxRandom is the most dimensions of random rows: four times those of the widest models.
const maxRandom = 1 << 14

// Check refuses options that no training of a model of so many dimensions could use. Train
// calls it.
func (o Options) Check(width int) error {
	if o.Random > 0 {
		width = o.Random
	}
	for _, d := range o.Dims {
		if d < 1 || d > width {
			return fault.Option("matryoshka-dims", d, "is not in 1 to %d, the model's dimensions", width)
		}
	}
	switch {
	case o.Random > maxRandom:
		return fault.Option("random-rows", o.Random, "is more than %d dimensions", maxRandom)
	case o.Batch < 2:
		return fault.Option("train-batch-size", o.Batch, "is less than 2: a pair's negatives are the texts of the batch's other pairs")
	}
	return cmp.Or(
		fault.AtLeast("random-rows", o.Random, 0), fault.Above0("temperature", o.Temperature), fault.Above0("learning-rate", o.Rate),
		fault.Within("warm-up", o.WarmUp, 0, 1), fault.AtLeast("epochs", o.Epochs, 1), fault.Within("validation-part", o.Validation, 0, 0.5),
		fault.AtLeast("patience", o.Patience, 0),
	)
}

// Switches are the options that change rows, by the names of their flags.
func (o Options) Switches() map[string]any {
	list := map[string]any{
		"temperature": o.Temperature, "learning-rate": o.Rate, "warm-up": o.WarmUp, "train-batch-size": o.Batch, "epochs": o.Epochs,
		"validation-part": o.Validation, "patience": o.Patience, "seed": o.Seed,
	}
	if o.Random > 0 {
		list["random-rows"] = o.Random
	}
	if len(o.Dims) > 0 {
		list["matryoshka-dims"] = o.Dims.String()
	}
	return list
}

// Flags returns the options as flags, which set o.
func (o *Options) Flags() *flag.FlagSet {
	f := flag.NewFlagSet("pairs", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.IntVar(&o.Random, "random-rows", o.Random, "begin with random rows of so many dimensions, which --learning-rate 0.2 suits (default: the model's rows)")
	f.Var(&o.Dims, "matryoshka-dims", "widths whose losses are added, such as 32,64,128,256 (default: the whole width alone)")
	f.Float64Var(&o.Temperature, "temperature", o.Temperature, "cosines are divided by it")
	f.Float64Var(&o.Rate, "learning-rate", o.Rate, "highest learning rate, in units of the root mean square of the rows' values")
	f.Float64Var(&o.WarmUp, "warm-up", o.WarmUp, "share of the steps in which the rate rises")
	f.IntVar(&o.Batch, "train-batch-size", o.Batch, "pairs of a step, each the others' negative")
	f.IntVar(&o.Epochs, "epochs", o.Epochs, "passes over the pairs")
	f.Float64Var(&o.Validation, "validation-part", o.Validation, "share of the pairs that the best state is chosen by; 0: take the last state")
	f.IntVar(&o.Patience, "patience", o.Patience, "epochs without improvement that end the training; 0: never")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "random seed")
	return f
}

// Dims are widths, as a flag separated by commas.
type Dims []int

// String returns what Set reads.
func (d *Dims) String() string {
	var list []string
	for _, n := range *d {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// Set parses widths.
func (d *Dims) Set(s string) error {
	*d = nil
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a positive number", part)
		}
		*d = append(*d, n)
	}
	return nil
}

// Type names the flag's kind of value in help texts.
func (d *Dims) Type() string { return "numbers" }
