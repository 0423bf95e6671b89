package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/zipf"
)

// addSwitches adds the flags that change a student. Their defaults are o's values.
func (o *distillOptions) addSwitches(f *pflag.FlagSet) {
	f.Var(&o.Source, "source", "rows come from the teacher's output, or are its input embeddings")
	f.Var(&o.Pooling, "pooling", "mean, first, last, token (without the frame) or pooler")
	f.Var(&o.Vocab.Frame, "frame", "what the teacher sees around a token: bos-eos, eos-bos or none")
	f.Var(&o.Student.Dims, "pca-dims", "dimensions to keep: a number, auto (all), a fraction of the variance, or none")
	f.IntVar(&o.Student.Drop, "pca-drop", o.Student.Drop, "strongest components to leave out before --pca-dims are kept")
	f.Float64Var(&o.Student.Whiten, "pca-whiten", o.Student.Whiten, "scale components by variance^(-A/2), A in [0, 1]")
	f.Var(&o.Student.SIF, "sif-coefficient", "weight of rows by their rank: SIF's a in (0, 1), log for log(1+rank), or none")
	f.Var(logWeights{&o.Student.SIF}, "zipf-log", "the same as --sif-coefficient log")
	f.Lookup("zipf-log").NoOptDefVal = "true"
	f.StringVar(&o.Vocab.RemovePattern, "token-remove-pattern", o.Vocab.RemovePattern, "drop tokens that match at their start (Python's re.match); empty drops none")
	f.BoolVar(&o.Vocab.KeepAdded, "keep-added-tokens", o.Vocab.KeepAdded, "keep rows for added tokens such as [CLS] and [MASK]")
	f.Var(&o.Student.Type, "quantize-to", "storage type of the rows: float16, float32, float64 or int8")
	f.IntVar(&o.Student.Clusters, "vocabulary-quantization", o.Student.Clusters, "share rows among tokens: this many clusters")
	f.Uint64Var(&o.Student.Seed, "seed", o.Student.Seed, "of --vocabulary-quantization")
	f.BoolVar(&o.Student.Normalize, "normalize", o.Student.Normalize, "the student's vectors have length 1")
	f.StringVar(&o.Words, "vocabulary", o.Words, "file with words of your own, one a line; - for stdin")
	f.BoolVar(&o.Vocab.Only, "vocabulary-only", o.Vocab.Only, "keep no subwords but UNK and PAD beside --vocabulary")
}

// addTeacherFlags adds the flags that say which teacher runs, and how.
func (o *distillOptions) addTeacherFlags(f *pflag.FlagSet) {
	f.StringVar(&o.ONNXFile, "onnx-file", o.ONNXFile, "the graph, in the teacher's folder")
	f.StringVar(&o.Revision, "revision", o.Revision, "branch, tag or commit of a teacher on the Hub")
	f.IntVar(&o.BatchSize, "batch-size", o.BatchSize, "sequences that run at once (default: by the graph)")
	f.IntVar(&o.Threads, "threads", o.Threads, "threads of the runtime (default: one a core)")
	f.StringVar(&o.ORTLib, "ort-lib", o.ORTLib, "the ONNX Runtime library to use")
}

// logWeights is --zipf-log, another way to write --sif-coefficient log.
type logWeights struct{ c *zipf.Coefficient }

func (l logWeights) String() string { return strconv.FormatBool(l.c != nil && l.c.Log) }
func (l logWeights) Type() string   { return "bool" }

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

// set applies lists of settings one after the other, later ones over earlier ones.
// Where the result has no PCA, what an earlier list says of one does not count.
func (o *distillOptions) set(lists ...[]ablate.Setting) error {
	f := pflag.NewFlagSet("switches", pflag.ContinueOnError)
	o.addSwitches(f)
	for _, list := range lists {
		for _, s := range list {
			if f.Lookup(s.Flag) == nil {
				return withHint(usagef("%s is no switch of a student", s.Flag), "m2v distill --help lists them, from --source on")
			}
			if err := f.Set(s.Flag, s.Value); err != nil {
				return usageError{err}
			}
		}
	}
	if last := lists[len(lists)-1]; o.Student.Dims.Mode == pca.None && !names(last, "pca-drop") && !names(last, "pca-whiten") {
		o.Student.Drop, o.Student.Whiten = 0, 0 // no PCA is asked for over a list that shapes one
	}
	return nil
}

// names tells whether a list sets a flag.
func names(list []ablate.Setting, flag string) bool {
	return slices.ContainsFunc(list, func(s ablate.Setting) bool { return s.Flag == flag })
}

// changedSwitches returns the switches that the command line names, with their
// values, in its order.
func changedSwitches(f *pflag.FlagSet) []ablate.Setting {
	known := pflag.NewFlagSet("switches", pflag.ContinueOnError)
	o := defaultDistillOptions()
	o.addSwitches(known)
	var list []ablate.Setting
	f.Visit(func(flag *pflag.Flag) {
		if known.Lookup(flag.Name) != nil {
			list = append(list, ablate.Setting{Flag: flag.Name, Value: flag.Value.String()})
		}
	})
	return list
}

// runSwitches say how the teacher runs, and do nothing to input rows.
var runSwitches = []string{"pooling", "frame"}

// checkTogether refuses flags one of which would do nothing.
func checkTogether(f *pflag.FlagSet) error {
	if f.Changed("zipf-log") && f.Changed("sif-coefficient") {
		return usagef("--zipf-log and --sif-coefficient both say how rows are weighted: give one of them")
	}
	if source := f.Lookup("source"); source.Value.String() != string(transformer.Input) {
		return nil
	}
	for _, name := range append([]string{"batch-size"}, runSwitches...) {
		if f.Changed(name) {
			return usagef("--%s has no effect with --source input, which runs nothing", name)
		}
	}
	return nil
}

// checkSwitches refuses switches that no teacher could follow.
func (o distillOptions) checkSwitches() error {
	switch {
	case o.BatchSize < 0:
		return usagef("--batch-size %d is negative", o.BatchSize)
	case o.Threads < 0:
		return usagef("--threads %d is negative", o.Threads)
	case o.Student.Drop < 0:
		return usagef("--pca-drop %d is negative", o.Student.Drop)
	case !(o.Student.Whiten >= 0 && o.Student.Whiten <= 1): // also rejects NaN
		return usagef("--pca-whiten %v is not in [0, 1]", o.Student.Whiten)
	case o.Student.Dims.Mode == pca.None && (o.Student.Drop > 0 || o.Student.Whiten > 0):
		return usagef("--pca-drop and --pca-whiten need a PCA, and --pca-dims is none")
	case o.Student.Clusters < 0:
		return usagef("--vocabulary-quantization %d is negative", o.Student.Clusters)
	case o.Vocab.Only && o.Words == "":
		return withHint(usagef("--vocabulary-only without words"), "give a file with --vocabulary")
	}
	return nil
}

func findRecipe(name string) (ablate.Recipe, error) {
	r, err := ablate.FindRecipe(name)
	if err != nil {
		return r, usagef("--recipe: %w", err)
	}
	return r, nil
}

// recipeHelp lists the recipes for help texts.
func recipeHelp() string {
	var b strings.Builder
	for _, r := range ablate.Recipes {
		fmt.Fprintf(&b, "  %-8s %s:\n", r.Name, r.Text)
		line := "          "
		for _, s := range r.Settings {
			flag := " --" + s.String()
			if len(line)+len(flag) > 88 {
				b.WriteString(line + "\n")
				line = "          "
			}
			line += flag
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
