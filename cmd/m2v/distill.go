package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// distillOptions is the command line of m2v distill.
type distillOptions struct {
	Teacher  string
	Revision string // of a teacher on the Hub
	ONNXFile string // of the graph in the teacher's folder
	Out      string
	Force    bool
	DryRun   bool
	JSON     bool

	Vocab     vocab.Options
	Words     string // file of the user's own vocabulary, "-" for stdin
	Pooling   transformer.Pooling
	Student   distill.Options
	BatchSize int // sequences; 0 leaves the choice to the teacher's graph
	Threads   int // 0 for one a core
	ORTLib    string
}

func defaultDistillOptions() distillOptions {
	return distillOptions{
		Vocab:   vocab.DefaultOptions(),
		Pooling: transformer.Mean,
		Student: distill.DefaultOptions(),
	}
}

func newDistillCommand(run func(context.Context, distillOptions) error) *cobra.Command {
	o := defaultDistillOptions()
	cmd := &cobra.Command{
		Use:   "distill TEACHER -o DIR",
		Short: "Make a static model from a Sentence Transformer in ONNX",
		Long: `Distill runs every token of the teacher's vocabulary through the teacher, reduces
and weights the outputs, and writes a static model folder.

TEACHER is a local folder with tokenizer.json and onnx/model.onnx or model.onnx, or
a Hub id such as sentence-transformers/all-MiniLM-L6-v2, which is taken from the
Hub's cache or fetched into it. The result on stdout is the folder's path.

` + exitCodesHelp,
		Example: "  m2v distill testdata/tiny-bert -o student",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Teacher = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.Var(&o.Student.Dims, "pca-dims", "dimensions to keep: a number, auto (all), a fraction of the variance, or none")
	f.IntVar(&o.Student.Drop, "pca-drop", 0, "strongest components to leave out before --pca-dims are kept")
	f.Float64Var(&o.Student.Whiten, "pca-whiten", 0, "scale components by variance^(-A/2), A in [0, 1]")
	f.Var(&o.Student.SIF, "sif-coefficient", "weight of rows by their rank, in (0, 1), or none")
	f.StringVar(&o.Vocab.RemovePattern, "token-remove-pattern", o.Vocab.RemovePattern, "drop tokens that match at their start (Python's re.match); empty drops none")
	f.Var(&o.Pooling, "pooling", "mean, first, last or pooler")
	f.Var(&o.Student.Type, "quantize-to", "storage type of the rows: float16, float32, float64 or int8")
	f.IntVar(&o.Student.Clusters, "vocabulary-quantization", 0, "share rows among tokens: this many clusters")
	f.BoolVar(&o.Student.Normalize, "normalize", o.Student.Normalize, "the student's vectors have length 1")
	f.StringVar(&o.Words, "vocabulary", "", "file with words of your own, one a line; - for stdin")
	f.BoolVar(&o.Vocab.Only, "vocabulary-only", false, "keep no subwords but UNK and PAD beside --vocabulary")
	f.StringVar(&o.ONNXFile, "onnx-file", "", "the graph, in the teacher's folder")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a teacher on the Hub")
	f.IntVar(&o.BatchSize, "batch-size", 0, "sequences that run at once (default: by the graph)")
	f.IntVar(&o.Threads, "threads", 0, "threads of the runtime (default: one a core)")
	f.Uint64Var(&o.Student.Seed, "seed", o.Student.Seed, "of --vocabulary-quantization")
	f.BoolVar(&o.Force, "force", false, "replace a model folder that is there")
	f.BoolVar(&o.DryRun, "dry-run", false, "say what would happen and how long it would take, and write nothing")
	f.BoolVar(&o.JSON, "json", false, "print the report as JSON")
	f.StringVar(&o.ORTLib, "ort-lib", "", "the ONNX Runtime library to use")
	return cmd
}

// check refuses what no run could do. What only the data can tell is checked
// where the data are.
func (o distillOptions) check() error {
	switch {
	case o.Out == "" && !o.DryRun:
		return withHint(usagef("no output folder"), "name one with -o DIR, or use --dry-run")
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

// runDistill is the command: find, plan, check, run, write, in that order, so
// that whatever can fail fails before the long forward pass.
func runDistill(ctx context.Context, a *app, o distillOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if !o.DryRun {
		if err := export.Check(o.Out, export.Options{Force: o.Force}); err != nil {
			return hintForce(err)
		}
	}
	plan, err := a.planDistill(ctx, o)
	if err != nil {
		return err
	}
	if o.DryRun {
		return a.dryRun(ctx, plan)
	}
	rows, run, err := a.embedVocabulary(ctx, plan) // V×H
	if err != nil {
		return err
	}
	model, report, err := distill.Student(ctx, rows, plan.vocabulary, o.Student) // V×D
	if err != nil {
		return err
	}
	report.Times.Embed = run.time
	report.Warnings = slices.Concat(run.warnings, report.Warnings)
	a.warnAll(report.Warnings)
	folder := plan.describe(report, run.version)
	if err := export.Write(ctx, o.Out, model, folder, export.Options{Force: o.Force}); err != nil {
		return hintForce(err)
	}
	return a.printDistilled(o, report)
}

// teacherRun is what is left to tell of a teacher that has run.
type teacherRun struct {
	time     time.Duration
	warnings []string
	version  string // of ONNX Runtime
}

// embedVocabulary runs the teacher over the vocabulary and lets it go: the
// session takes as much memory as all that follows.
func (a *app) embedVocabulary(ctx context.Context, p *distillPlan) (*matrix.Matrix, teacherRun, error) {
	// The heap is a few large slices of numbers: to collect it often costs next
	// to nothing, and garbage would otherwise double the peak.
	debug.SetGCPercent(20)
	teacher, err := a.startTeacher(p)
	if err != nil {
		return nil, teacherRun{}, err
	}
	defer teacher.Close()
	start := time.Now()
	bar := a.progress("embed", "tokens", len(p.vocabulary.Tokens))
	rows, err := distill.Embed(ctx, teacher, p.vocabulary, bar.update)
	bar.finish()
	return rows, teacherRun{time.Since(start), teacher.Warnings(), teacher.RuntimeVersion()}, err
}

// startTeacher starts the runtime and loads the teacher's graph into it.
func (a *app) startTeacher(p *distillPlan) (*transformer.Teacher, error) {
	rt, err := a.startRuntime(p.o.ORTLib, threads(p.o.Threads))
	if err != nil {
		return nil, err
	}
	return transformer.Open(rt, p.folder.Dir, p.teacherOptions())
}

// printDistilled prints the folder's path, or the report as JSON.
func (a *app) printDistilled(o distillOptions, r *distill.Report) error {
	if !o.JSON {
		_, err := fmt.Fprintln(a.stdout, o.Out)
		return err
	}
	return printJSON(a.stdout, map[string]any{
		"path": o.Out, "rows": r.Rows, "teacher_width": r.TeacherWidth, "dims": r.Dims, "type": o.Student.Type.String(),
		"explained_variance": r.Explained, "clusters": r.Clusters, "warnings": r.Warnings, "seconds": map[string]float64{
			"embed": r.Times.Embed.Seconds(), "pca": r.Times.Reduce.Seconds(), "cluster": r.Times.Cluster.Seconds(), "store": r.Times.Store.Seconds(),
		},
	})
}

// threads returns the number of threads that n asks for.
func threads(n int) int {
	if n == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// hintForce says what to do about a target that is in the way.
func hintForce(err error) error {
	if errors.Is(err, export.ErrExists) {
		return withHint(err, "--force replaces it")
	}
	return err
}
