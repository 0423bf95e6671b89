package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	goruntime "runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// distillOptions is the command line of m2v distill.
type distillOptions struct {
	Teacher   string
	Revision  string // of a teacher on the Hub
	Out       string
	Force     bool
	DryRun    bool
	FreshRows bool // the teacher's; no cache
	JSON      bool

	IfChanged   bool
	TeacherName string

	Recipe   string
	Switches distill.Switches
	Fit      fitOptions
	Threads  int // 0 for one a core
	runtimeFlags
}

func defaultDistillOptions() distillOptions {
	return distillOptions{Switches: distill.DefaultSwitches(), Fit: fitOptions{corpusOptions: defaultCorpusOptions()}}
}

func newDistillCommand(run func(context.Context, distillOptions) error) *cobra.Command {
	o := defaultDistillOptions()
	cmd := &cobra.Command{
		Use:   "distill [TEACHER] -o DIR",
		Short: "Make a static model from a Sentence Transformer in ONNX",
		Long: `Distill runs every token of the teacher's vocabulary through the teacher, reduces
and weights the outputs, and writes a static model folder.

TEACHER is a local folder with tokenizer.json and onnx/model.onnx or model.onnx, or
a Hub id such as sentence-transformers/all-MiniLM-L6-v2, which is taken from the
Hub's cache or fetched into it. The result on stdout is the folder's path.

--texts makes a better student: its rows are fitted, so that the mean of a text's rows
resembles the teacher's own vector of the text (docs/fitting.md). A few thousand texts
of any kind help; texts of your own domain help more in that domain. The teacher's vectors are
kept in m2v's cache. --features takes them from m2v featurize instead, and --vectors
from any other program, both without a teacher.
` + inputHelp + `

--recipe names a list of switches; switches beside it override it:
` + recipeHelp() + `
` + exitCodesHelp,
		Example: "  m2v distill testdata/tiny-bert -o student",
		Args:    args(cobra.MaximumNArgs(1)),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.StringVar(&o.Recipe, "recipe", "", "current, paper or sharp, or with texts fit or best: a list of switches, see above (default: current; with --texts fit)")
	o.Fit.addFlags(f)
	f.Float64Var(&o.Switches.Student.Holdout, "holdout", o.Switches.Student.Holdout, "with --texts: share of texts kept out of the fit, to measure the student on texts that it has not seen")
	o.addSwitches(f)
	o.addTeacherFlags(f)
	f.BoolVar(&o.Force, "force", false, "replace an existing model folder")
	f.BoolVar(&o.IfChanged, "if-changed", false, "keep the folder if it was made from the same inputs and switches, else replace it")
	f.StringVar(&o.TeacherName, "teacher-name", "", "the Hub id of a local teacher, for the card and the manifest (default: as its files say)")
	f.StringVar(&o.Switches.Student.License, "licence", "", "the licence that the model card names, such as mit (default: none)")
	f.StringVar(&o.Switches.Student.License, "license", "", "the same as --licence")
	_ = f.MarkHidden("license") // the flag is there
	f.BoolVar(&o.FreshRows, "no-cache", false, "ignore cached rows of the teacher, and keep none")
	f.BoolVar(&o.DryRun, "dry-run", false, "print what a run would do and how long it would take, and write nothing; errors are those of the run")
	f.BoolVar(&o.JSON, "json", false, "print the report as JSON")
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		if err := checkTogether(f); err != nil {
			return err
		}
		recipe := distill.FitRecipe // where texts are given
		if o.Recipe != "" {
			var err error
			if recipe, err = findRecipe(o.Recipe, o.Fit.asked()); err != nil {
				return err
			}
		}
		if o.Recipe != "" || o.Fit.asked() {
			if err := o.Switches.Set(recipe.Settings, changedSwitches(f)); err != nil {
				return err
			}
		}
		if len(list) > 0 {
			o.Teacher = list[0]
		}
		if err := o.Fit.checkIdle(f, o.Teacher, "no-cache"); err != nil {
			return err
		}
		if o.Switches.Student.Clusters == 0 && o.Fit.MaxTexts == 0 {
			if err := idle(f, "without --vocabulary-quantization or --max-texts", "seed"); err != nil {
				return err
			}
		}
		if o.IfChanged {
			if err := idle(f, "with --if-changed, which replaces a folder of other inputs", "force"); err != nil {
				return err
			}
		}
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
	if o.IfChanged && (o.Out == "" || o.Fit.Vectors != "" || slices.Contains(o.Fit.Input.Files, "-")) {
		return usagef("--if-changed needs -o, and inputs that can be read twice and that the manifest tells apart, which --vectors and - are not")
	}
	if o.Switches.Teacher.WordsFile == "-" && slices.Contains(o.Fit.Input.Files, "-") {
		return usagef("--texts - and --vocabulary - both read standard input: name a file for one of them")
	}
	if err := o.Fit.check(o.Teacher); err != nil {
		return err
	}
	return o.checkSwitches()
}

// library returns the options as package m2v takes them.
func (o distillOptions) library(a *app) m2v.Options {
	o.Switches.Student.Threads = o.Threads
	var rows teacher.RowCache
	if dir := a.cacheDir(); dir != "" && !o.FreshRows {
		rows.Dir = filepath.Join(dir, "rows")
	}
	return m2v.Options{
		Rows: rows, Find: a.finder(), Runtime: a.provider(o.runtimeFlags, o.Threads), Revision: o.Revision, TeacherName: o.TeacherName,
		Teacher: o.Switches.Teacher, Student: o.Switches.Student, Fit: o.Fit.library(a, o.Switches), Progress: a.Stages(),
	}
}

// runDistill is the command: check, distill, tell.
func runDistill(ctx context.Context, a *app, o distillOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := a.readWords(&o.Switches.Teacher); err != nil {
		return err
	}
	folder := export.Options{Force: o.Force || o.IfChanged}
	if o.IfChanged {
		same, err := m2v.Unchanged(ctx, o.Teacher, o.Out, o.library(a))
		if err != nil {
			return err
		}
		if same {
			return a.printUnchanged(o)
		}
	}
	if o.DryRun {
		f, err := m2v.DryRun(ctx, o.Teacher, o.Out, folder, o.library(a))
		if f != nil {
			err = cmp.Or(a.Print(o.JSON, f, f.WriteText), err)
		}
		return hintForce(err)
	}
	report, err := m2v.DistillTo(ctx, o.Teacher, o.Out, folder, o.library(a))
	if report != nil {
		a.WarnAll(report.Warnings)
	}
	if err == nil && report.Unkept != nil {
		a.Warn(fmt.Sprintf("rows are not kept for later runs: %v", report.Unkept))
	}
	if err != nil {
		return hintForce(err)
	}
	return a.printDistilled(o, report)
}

// readWords reads the user's own words from stdin where they are there.
func (a *app) readWords(o *teacher.Options) (err error) {
	if o.WordsFile != "-" {
		return nil
	}
	o.WordsFile = ""
	if o.Vocab.Words, err = vocab.ReadWords(a.In); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return nil
}

// printUnchanged says that there was nothing to do.
func (a *app) printUnchanged(o distillOptions) error {
	a.Notef("%s is up to date", o.Out)
	return a.PrintPath(o.JSON, map[string]any{"path": o.Out, "up_to_date": true}, o.Out)
}

// printDistilled prints the folder's path, or the report as JSON.
func (a *app) printDistilled(o distillOptions, r *distill.Report) error {
	if f := r.Fit; f != nil && f.Empty+f.Duplicates+f.Skipped > 0 {
		a.Notef("%d texts were dropped: %d are empty, %d come twice, %d are no text", f.Empty+f.Duplicates+f.Skipped, f.Empty, f.Duplicates, f.Skipped)
	}
	switch {
	case r.Fit != nil && r.Fit.HeldOut > 0:
		a.Notef("mean cosine to the teacher on %d texts that were held out: %.3f before the fit, %.3f after it", r.Fit.HeldOut, r.Fit.Before, r.Fit.After)
	case r.Fit == nil:
		a.Notef("--texts FILE fits the student to texts, which makes it better by points: docs/fitting.md")
	}
	return a.PrintPath(o.JSON, map[string]any{
		"path": o.Out, "up_to_date": false, "rows": r.Rows, "cached": r.Cached, "teacher_width": r.TeacherWidth, "dims": r.Dims, "type": o.Switches.Student.Type.String(),
		"explained_variance": r.Explained, "clusters": r.Clusters, "fit": r.Fit, "warnings": append([]string{}, r.Warnings...), "seconds": map[string]float64{
			"embed": r.Times.Embed.Seconds(), "pca": r.Times.Reduce.Seconds(), "cluster": r.Times.Cluster.Seconds(), "store": r.Times.Store.Seconds(),
			"fit": r.Times.Fit.Seconds(),
		},
	}, o.Out)
}

// threads returns the number of threads that n asks for.
func threads(n int) int {
	if n == 0 {
		return goruntime.GOMAXPROCS(0)
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
