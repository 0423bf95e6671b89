package distill

import (
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/zipf"
)

// Switches are all that changes a student of a teacher. Each has a name, which the
// command line, recipes, ablations and manifests share; Flags lists them.
type Switches struct {
	Teacher teacher.Options // which rows
	Student Options         // what becomes of them
}

// DefaultSwitches returns the reference's defaults.
func DefaultSwitches() Switches {
	return Switches{Teacher: teacher.DefaultOptions(), Student: DefaultOptions()}
}

// SwitchNames lists the switches in the order of help texts.
var SwitchNames = []string{
	"source", "pooling", "special-tokens", "pca-dims", "pca-drop", "pca-whiten", "sif-coefficient", "zipf-log", "token-remove-pattern",
	"keep-added-tokens", "quantize-to", "vocabulary-quantization", "seed", "normalize", "vocabulary", "vocabulary-only",
	"ridge", "fit-steps", "fit-map", "fit-words", "fit-phrases",
}

// Flags returns the switches as flags that set s; their defaults are its values.
func (s *Switches) Flags() *flag.FlagSet {
	f := flag.NewFlagSet("switches", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	t, o := &s.Teacher, &s.Student
	f.Var(&t.Source, "source", "where rows come from: the teacher's output, or its input embeddings")
	f.Var(&t.Pooling, "pooling", "mean, first, last, token (without the special tokens) or pooler")
	f.Var(&t.Vocab.SpecialTokens, "special-tokens", "special tokens around a token when the teacher runs it: bos-eos, eos-bos or none")
	f.Var(&o.Dims, "pca-dims", "dimensions to keep: a number, auto (all), a fraction of the variance, or none")
	f.IntVar(&o.Drop, "pca-drop", o.Drop, "strongest components to leave out before --pca-dims are kept")
	f.Float64Var(&o.Whiten, "pca-whiten", o.Whiten, "scale components by variance^(-A/2), A in [0, 1]")
	f.Var(&o.SIF, "sif-coefficient", "weight of rows by their rank: SIF's a in (0, 1), log for log(1+rank), or none")
	f.Var(logWeights{&o.SIF}, "zipf-log", "the same as --sif-coefficient log")
	f.StringVar(&t.Vocab.RemovePattern, "token-remove-pattern", t.Vocab.RemovePattern, "drop tokens that match at their start (Python's re.match); empty drops none")
	f.BoolVar(&t.Vocab.KeepAdded, "keep-added-tokens", t.Vocab.KeepAdded, "keep rows for added tokens such as [CLS] and [MASK]")
	f.Var(&o.Type, "quantize-to", "storage type of the rows: float16, float32, float64 or int8")
	f.IntVar(&o.Clusters, "vocabulary-quantization", o.Clusters, "share rows among tokens: this many clusters")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "random seed of --vocabulary-quantization")
	f.BoolVar(&o.Normalize, "normalize", o.Normalize, "the student's vectors have length 1")
	f.StringVar(&t.WordsFile, "vocabulary", t.WordsFile, "file with words of your own, one a line; - for stdin")
	f.BoolVar(&t.Vocab.Only, "vocabulary-only", t.Vocab.Only, "keep only the words of --vocabulary, UNK and PAD")
	f.Float64Var(&o.Ridge, "ridge", o.Ridge, "with --texts: how strongly rows stay close to the teacher's vector of the token alone, above 0")
	f.BoolVar(&o.MapPrior, "fit-map", o.MapPrior, "with --texts: before the fit, map the teacher's vectors of single tokens by the linear map that suits the texts best")
	f.IntVar(&o.Words, "fit-words", o.Words, "with --texts: add rows for at most this many whole words of the texts that a WordPiece vocabulary splits (default: none)")
	f.IntVar(&o.Phrases, "fit-phrases", o.Phrases, "with --texts: add rows for at most this many frequent pairs of words (default: none)")
	f.IntVar(&o.FitSteps, "fit-steps", o.FitSteps, "with --texts: steps of the solve, at most")
	return f
}

// logWeights is --zipf-log, another way to write --sif-coefficient log.
type logWeights struct{ c *zipf.Coefficient }

func (l logWeights) String() string   { return strconv.FormatBool(l.c != nil && l.c.Log) }
func (l logWeights) Type() string     { return "bool" }
func (l logWeights) IsBoolFlag() bool { return true }

func (l logWeights) Set(s string) error {
	on, err := strconv.ParseBool(s)
	switch {
	case err != nil:
		return fmt.Errorf("%q is neither true nor false", s)
	case on:
		*l.c = zipf.Coefficient{Log: true}
	case l.c.Log:
		*l.c = zipf.DefaultCoefficient
	}
	return nil
}

// A Setting is a switch and its value, as the command line writes them.
type Setting struct{ Flag, Value string }

// String returns "pca-dims=256".
func (s Setting) String() string { return s.Flag + "=" + s.Value }

// Set applies lists of settings one after the other, later ones over earlier ones.
// Where the result has no PCA, what an earlier list says of one does not count.
func (s *Switches) Set(lists ...[]Setting) error {
	f := s.Flags()
	for _, list := range lists {
		for _, one := range list {
			if one.Flag == "frame" { // its older name
				one.Flag = "special-tokens"
			}
			if f.Lookup(one.Flag) == nil {
				return fault.Hint(fault.Argument("%s is not a setting of a student", one.Flag), "m2v distill --help lists them, from --source on")
			}
			if err := f.Set(one.Flag, one.Value); err != nil {
				return fault.Option(one.Flag, one.Value, ": %v", err)
			}
		}
	}
	if len(lists) == 0 {
		return nil
	}
	last := lists[len(lists)-1]
	names := func(flag string) bool {
		return slices.ContainsFunc(last, func(one Setting) bool { return one.Flag == flag })
	}
	if s.Student.Dims.Mode == pca.None && !names("pca-drop") && !names("pca-whiten") {
		s.Student.Drop, s.Student.Whiten = 0, 0 // no PCA is asked for over a list that shapes one
	}
	return nil
}

// Settings lists all switches with their values, in the order of SwitchNames.
func (s Switches) Settings() []Setting {
	f := s.Flags()
	list := make([]Setting, len(SwitchNames))
	for i, name := range SwitchNames {
		list[i] = Setting{name, f.Lookup(name).Value.String()}
	}
	return list
}

// Check refuses switches that no teacher could follow.
func (s Switches) Check() error {
	t, o := s.Teacher, s.Student
	if err := t.Vocab.CheckPattern(); err != nil {
		return fault.Option("token-remove-pattern", nil, ": %v", err)
	}
	switch {
	case t.BatchSize < 0:
		return fault.Option("batch-size", t.BatchSize, "is negative")
	case o.Drop < 0:
		return fault.Option("pca-drop", o.Drop, "is negative")
	case !(o.Whiten >= 0 && o.Whiten <= 1): // also rejects NaN
		return fault.Option("pca-whiten", o.Whiten, "is not in [0, 1]")
	case o.Dims.Mode == pca.None && (o.Drop > 0 || o.Whiten > 0):
		return fault.Argument("--pca-drop and --pca-whiten need a PCA, and --pca-dims is none")
	case o.Clusters < 0:
		return fault.Option("vocabulary-quantization", o.Clusters, "is negative")
	case !(o.Ridge > 0) || math.IsInf(o.Ridge, 0): // also rejects NaN
		return fault.Option("ridge", o.Ridge, "is not above 0")
	case o.FitSteps < 1:
		return fault.Option("fit-steps", o.FitSteps, "is not positive")
	case o.Words < 0:
		return fault.Option("fit-words", o.Words, "is negative")
	case o.Phrases < 0:
		return fault.Option("fit-phrases", o.Phrases, "is negative")
	case !(o.Holdout >= 0 && o.Holdout <= 0.5):
		return fault.Option("holdout", o.Holdout, "is not in [0, 0.5]")
	case t.Vocab.Only && t.WordsFile == "" && t.Vocab.Words == nil:
		return fault.Hint(fault.Option("vocabulary-only", nil, ": there are no words"), "give a file with --vocabulary")
	}
	return nil
}

// CheckFit refuses switches that do not fit the teacher's rows.
func (o Options) CheckFit(t *teacher.Teacher) error {
	if h := t.Width(); o.Drop > 0 && o.Drop >= h {
		return fault.Option("pca-drop", o.Drop, ": the teacher has only %d dimensions", h)
	}
	if v := len(t.Vocabulary.Tokens); o.Clusters > v {
		return fault.Option("vocabulary-quantization", o.Clusters, ": the vocabulary has only %d tokens", v)
	}
	return nil
}

// FitOnly lists the switches that have no effect without texts.
var FitOnly = []string{"ridge", "fit-steps", "fit-map", "fit-words", "fit-phrases"}

// Idle lists the switches that have no effect on input rows, for which nothing runs.
var Idle = []string{"pooling", "special-tokens"}

// FromInput tells whether rows are the teacher's input embeddings.
func (s Switches) FromInput() bool { return s.Teacher.Source == transformer.Input }
