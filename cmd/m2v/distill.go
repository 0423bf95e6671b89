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

	Recipe    string
	Source    transformer.Source
	Vocab     vocab.Options
	Words     string              // file of the user's own vocabulary, "-" for stdin
	Pooling   transformer.Pooling // of output rows
	Student   distill.Options
	BatchSize int // sequences; 0 leaves the choice to the teacher's graph
	Threads   int // 0 for one a core
	ORTLib    string
}

func defaultDistillOptions() distillOptions {
	return distillOptions{
		Source:  transformer.Output,
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

--recipe is a list of switches by a name; switches beside it change it:
` + recipeHelp() + `
` + exitCodesHelp,
		Example: "  m2v distill testdata/tiny-bert -o student",
		Args:    args(cobra.ExactArgs(1)),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.StringVar(&o.Recipe, "recipe", "", "current, paper or sharp: a list of switches, see above")
	o.addSwitches(f)
	o.addTeacherFlags(f)
	f.BoolVar(&o.Force, "force", false, "replace a model folder that is there")
	f.BoolVar(&o.DryRun, "dry-run", false, "say what would happen and how long it would take, and write nothing")
	f.BoolVar(&o.JSON, "json", false, "print the report as JSON")
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		if err := checkTogether(f); err != nil {
			return err
		}
		if o.Recipe != "" {
			recipe, err := findRecipe(o.Recipe)
			if err != nil {
				return err
			}
			given := changedSwitches(f)
			if err := o.set(recipe.Settings, given); err != nil {
				return err
			}
		}
		o.Teacher = list[0]
		return run(cmd.Context(), o)
	}
	return cmd
}

// check refuses what no run could do. What only the data can tell is checked
// where the data are.
func (o distillOptions) check() error {
	if o.Out == "" && !o.DryRun {
		return withHint(usagef("no output folder"), "name one with -o DIR, or use --dry-run")
	}
	return o.checkSwitches()
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
	rows, run, err := a.embedVocabulary(ctx, plan, plan.o.Pooling) // V×H
	if err != nil {
		return err
	}
	model, report, err := distill.Student(ctx, rows[0], plan.vocabulary, o.Student) // V×D
	if err != nil {
		return err
	}
	report.Times.Embed = run.time
	report.Warnings = slices.Concat(plan.sourceWarnings(), run.warnings, report.Warnings)
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

// embedVocabulary makes the teacher's rows, V×H for each pooling in one pass, and lets
// the teacher go: the session takes as much memory as all that follows.
func (a *app) embedVocabulary(ctx context.Context, p *distillPlan, poolings ...transformer.Pooling) ([]*matrix.Matrix, teacherRun, error) {
	// The heap is a few large slices of numbers: to collect it often costs next
	// to nothing, and garbage would otherwise double the peak.
	debug.SetGCPercent(20)
	source, err := a.openSource(p)
	if err != nil {
		return nil, teacherRun{}, err
	}
	defer source.Close()
	start := time.Now()
	ids := p.vocabulary.IDs
	rows := make([]*matrix.Matrix, len(poolings))
	for k := range rows {
		rows[k] = matrix.New(len(ids), source.Width())
	}
	bar := a.progress("embed", "tokens", len(ids))
	err = source.EmbedAll(ctx, ids, poolings, rows, bar.update)
	bar.finish()
	if err != nil {
		err = fmt.Errorf("embed the vocabulary: %w", err)
	}
	return rows, teacherRun{time.Since(start), source.RunWarnings(), source.RuntimeVersion()}, err
}

// A rowSource gives the rows of a vocabulary.
type rowSource interface {
	Width() int // H
	EmbedAll(ctx context.Context, ids [][]int, poolings []transformer.Pooling, dst []*matrix.Matrix, progress func(done int)) error
	RunWarnings() []string  // of what has run
	RuntimeVersion() string // "" if none is at work
	Close() error
}

// openSource loads the teacher's graph, or opens its table of input embeddings.
func (a *app) openSource(p *distillPlan) (rowSource, error) {
	if p.o.Source != transformer.Input {
		return a.startTeacher(p)
	}
	table, err := p.info.OpenInputTable()
	if err != nil {
		return nil, err
	}
	// The PCA's products run on the library where it is; without it gonum's own serve.
	rt, err := a.startRuntime(p.o.ORTLib, threads(p.o.Threads))
	if err != nil && p.o.ORTLib != "" {
		table.Close()
		return nil, err
	}
	source := inputSource{InputTable: table}
	if err == nil {
		source.version = rt.Version()
	}
	return source, nil
}

// inputSource is a table of input embeddings as a rowSource: there is nothing to pool.
type inputSource struct {
	*transformer.InputTable
	version string
}

func (s inputSource) EmbedAll(ctx context.Context, ids [][]int, _ []transformer.Pooling, dst []*matrix.Matrix, progress func(int)) error {
	return s.Embed(ctx, ids, dst[0], progress)
}

func (s inputSource) RuntimeVersion() string { return s.version }

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
