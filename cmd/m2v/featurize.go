package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/matrix"
)

// featurizeOptions is the command line of m2v featurize.
type featurizeOptions struct {
	corpusOptions
	Teacher  string
	Revision string
	Out      string
	JSON     bool
	NoRows   bool
	Shard    string // I/N, auto/N, auto, or "" for all

	Switches distill.Switches
	Writes   features.Options
	Threads  int
	runtimeFlags
}

const shareHelp = `With --shard I/N, N processes divide the work: process I of 0 to N-1 makes each N-th
file from the I-th on, in the same DIR as the others or in one of its own, and
m2v features --merge makes of them what one process would have left. --shard auto/N
takes I from JOB_COMPLETION_INDEX (a Kubernetes Indexed Job) or SLURM_ARRAY_TASK_ID
(a Slurm array from 0), and --shard auto takes N from SLURM_ARRAY_TASK_COUNT, too.`

func newFeaturizeCommand(run func(context.Context, featurizeOptions) error) *cobra.Command {
	o := featurizeOptions{corpusOptions: defaultCorpusOptions(), Switches: distill.DefaultSwitches(), Writes: features.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "featurize TEACHER --texts FILE… -o DIR",
		Short: "Keep a teacher's vectors of texts on disk, for m2v distill --features",
		Long: `Featurize writes the vectors that a teacher gives to texts: Parquet files of a fixed
number of texts each, the teacher's rows of its vocabulary, and features.json, which
says what they were made of. m2v distill --features DIR makes students of them without
the teacher, in seconds. Memory does not grow with the texts. A stopped run
continues where it was: at most one file is made again. The result on stdout is DIR.

` + shareHelp + `

` + inputHelp + `

` + exitCodesHelp,
		Example: "  m2v featurize testdata/tiny-bert --texts texts.txt -o features",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Teacher = list[0]
			if err := o.checkIdle(cmd.Flags()); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the folder to write or to continue")
	o.corpusOptions.addFlags(f)
	f.Uint64Var(&o.Switches.Student.Seed, "seed", o.Switches.Student.Seed, "random seed of --max-texts")
	f.IntVar(&o.Writes.ShardTexts, "shard-texts", o.Writes.ShardTexts, "texts in each file")
	f.StringVar(&o.Shard, "shard", "", "do a share of the work, as one of several processes: I/N, auto/N or auto")
	f.Var(&o.Writes.Type, "dtype", "type of the vectors: float32 or float16")
	f.BoolVar(&o.NoRows, "no-rows", false, "leave out the teacher's rows of its vocabulary")
	f.Var(&o.Switches.Teacher.Pooling, "pooling", "pooling of the rows: mean, first, last, token or pooler")
	f.StringVar(&o.Switches.Teacher.ONNXFile, "onnx-file", "", "the graph, in the teacher's folder")
	f.BoolVar(&o.Switches.Teacher.AllowNaN, "allow-nan", false, "keep the rows even if more than 1 % of them hold NaN or infinite values")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a teacher on the Hub")
	f.IntVar(&o.Threads, "threads", 0, "threads of the runtime (default: one a core)")
	o.runtimeFlags.addFlags(f, "")
	f.BoolVar(&o.JSON, "json", false, "print features.json instead of the folder's path")
	return cmd
}

// checkIdle refuses flags that would do nothing.
func (o featurizeOptions) checkIdle(f *pflag.FlagSet) error {
	if o.MaxTexts == 0 && f.Changed("seed") {
		return idle(f, "without --max-texts", "seed")
	}
	if f.Changed("shard") && o.Shard == "" {
		return usagef("--shard is empty: give I/N, auto/N or auto")
	}
	if o.NoRows {
		return idle(f, "with --no-rows", "pooling", "allow-nan")
	}
	return nil
}

func (o featurizeOptions) check() error {
	switch {
	case o.Out == "":
		return withHint(usagef("no output folder"), "name one with -o DIR")
	case o.Input.Files == nil:
		return withHint(usagef("no texts"), "name them with --texts, - for standard input")
	case o.Threads < 0:
		return usagef("--threads %d is negative", o.Threads)
	case o.Writes.ShardTexts < 1:
		return usagef("--shard-texts %d is not positive", o.Writes.ShardTexts)
	case o.Writes.Type != matrix.Float32 && o.Writes.Type != matrix.Float16:
		return usagef("--dtype %s: vectors are written as float32 or float16", o.Writes.Type)
	}
	return o.corpusOptions.check()
}

func runFeaturize(ctx context.Context, a *app, o featurizeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	var err error
	if o.Writes.Share, err = features.ReadShare(o.Shard, a.getenv); err != nil {
		return err
	}
	corpus, err := o.corpusOptions.library(a, o.Switches.Student.Seed).Stream(ctx)
	if err != nil {
		return err
	}
	defer corpus.Close()
	options := m2v.Options{
		Find: a.finder(), Runtime: a.provider(o.runtimeFlags, o.Threads), Revision: o.Revision, Teacher: o.Switches.Teacher, Student: o.Switches.Student,
		Progress: a.Stages(),
	}
	o.Writes.Stores = a.stores()
	o.Ask.ONNXFile = o.Switches.Teacher.ONNXFile
	options.Fit.Study = distill.Study{Texts: o.Ask, Writes: o.Writes, Rows: !o.NoRows}
	report, err := m2v.Featurize(ctx, o.Teacher, corpus, o.Out, options)
	if err != nil {
		if errors.Is(err, features.ErrOther) {
			return withHint(err, "write to another folder")
		}
		return err
	}
	a.tellSkipped(corpus.Skipped())
	for _, name := range report.Remade {
		a.Notef("%s was missing or damaged and is made again", name)
	}
	m := report.Manifest
	a.Notef("%d texts in %d files, %d of them made now; dropped: %d empty, %d twice, %d without a usable vector",
		m.Texts, len(m.Shards), report.Made, m.Dropped.Empty, m.Dropped.Duplicates, m.Dropped.BadVectors)
	return a.PrintPath(o.JSON, m, o.Out)
}
