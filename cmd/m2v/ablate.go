package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/ablate/report"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/teacher"
)

// ablateOptions is the command line of m2v ablate.
type ablateOptions struct {
	distillOptions                  // the switches that all variants share, and the teacher
	Given          []ablate.Setting // those that the command line names
	Grid           []string         // FLAG=VALUE,VALUE,…
	BaseModel      string           // "" for none
	Compare        []string         // other models to score
	Markdown       bool
	scoreOptions
}

// ablationNames are what an ablation's folder holds.
var ablationNames = []string{"ablation.json", "ablation.md", "report.html", "variants"}

func newAblateCommand(run func(context.Context, ablateOptions) error) *cobra.Command {
	o := ablateOptions{distillOptions: defaultDistillOptions()}
	cmd := &cobra.Command{
		Use:   "ablate TEACHER -o DIR",
		Short: "Make the students of an ablation from one forward pass, and compare them",
		Long: `Ablate makes many students from one forward pass of a teacher, which m2v's cache keeps,
and with --data scores them as m2v eval does. DIR gets the students in variants/,
ablation.json, ablation.md and report.html, which is one file and needs no network.

--recipe current (the default) and paper make the rows of the published ablation table:
output, output_nopca, output_nozipf, output_nozipf_nopca, input, input_nozipf_nopca and,
with --base-model TEACHER, plain_output_nozipf_nopca, and check the published claims.
--recipe sharp shows what leaving out the strongest components and whitening do. --grid
makes a student for each combination of switches, beside the recipe's first variant, or
beside all of them where --recipe is given. Switches of m2v distill are those of every
variant:
` + recipeHelp() + `
` + exitCodesHelp,
		Example: "  m2v ablate testdata/tiny-bert -o ablation --grid pca-dims=8,16,none",
		Args:    args(cobra.ExactArgs(1)),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the folder to write")
	f.StringVar(&o.Recipe, "recipe", "", "current, paper or sharp: the variants to make, see above (default: current)")
	f.StringArrayVar(&o.Grid, "grid", nil, "SWITCH=VALUE,VALUE,… such as pca-dims=64,128,none; several make all combinations")
	f.StringVar(&o.BaseModel, "base-model", "", "a model that was not trained for sentences, such as bert-base-uncased")
	f.StringVar(&o.BaseModel, "plain", "", "the older name of --base-model")
	_ = f.MarkHidden("plain") // the flag is there
	o.scoreOptions.addFlags(f)
	f.StringArrayVar(&o.Compare, "compare", nil, "another model to score beside the variants, such as the teacher")
	f.BoolVar(&o.NoCache, "no-cache", false, "run and score what was run and scored before, too, and keep nothing")
	f.BoolVar(&o.Force, "force", false, "replace an ablation that is there")
	f.BoolVar(&o.JSON, "json", false, "print ablation.json instead of the folder's path")
	f.BoolVar(&o.Markdown, "markdown", false, "print ablation.md instead of the folder's path")
	o.addSwitches(f)
	o.addTeacherFlags(f)
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		if err := checkTogether(f); err != nil {
			return err
		}
		o.Teacher, o.Given = list[0], changedSwitches(f)
		return run(cmd.Context(), o)
	}
	return cmd
}

func (o ablateOptions) check() error {
	switch {
	case o.Out == "":
		return withHint(usagef("no output folder"), "name one with -o DIR")
	case o.JSON && o.Markdown:
		return usagef("--json and --markdown both say what to print: give one of them")
	case o.Data == "" && (o.Columns != nil || o.Tasks != nil || o.Compare != nil):
		return withHint(usagef("--columns, --tasks and --compare choose what is scored, and there is no data"), "name the folder with --data DIR")
	}
	return nil
}

// runAblate is the command: plan all variants, run what the cache lacks, make the
// students, score them, compare.
func runAblate(ctx context.Context, a *app, o ablateOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	folder := export.Options{Force: o.Force, Names: ablationNames}
	if err := export.Check(o.Out, folder); err != nil {
		return hintForce(err)
	}
	var tasks []eval.Task
	if o.Data != "" {
		var err error
		if tasks, err = a.selectTasks(o.evaluation()); err != nil {
			return err
		}
	}
	variants, err := a.planVariants(ctx, o)
	if err != nil {
		return err
	}
	var report *ablate.Report
	unscored := 0
	err = export.WriteFolder(ctx, o.Out, func(path string) error {
		var err error
		if report, unscored, err = a.ablation(ctx, o, variants, tasks, path); err != nil {
			return err
		}
		return writeReport(ctx, report, path)
	}, folder)
	if err != nil {
		return hintForce(err)
	}
	if err := a.printAblation(o, report); err != nil {
		return err
	}
	return unfinished("ablate", failedTasks(report), unscored, len(o.Compare))
}

// ablation makes the students of variants in folder path, scores them and compares. It
// also returns the number of models to compare with that could not be scored.
func (a *app) ablation(ctx context.Context, o ablateOptions, variants []*plannedVariant, tasks []eval.Task, path string) (*ablate.Report, int, error) {
	report, students := o.newReport(variants), filepath.Join(path, "variants")
	cache, temporary, err := a.ablationCache(o, path)
	if err != nil {
		return nil, 0, err
	}
	if report.Passes, err = a.runPasses(ctx, cache, variants); err != nil { // V×H each, in the cache
		return nil, 0, err
	}
	if err := a.makeStudents(ctx, cache, variants, students); err != nil { // V×D each
		return nil, 0, err
	}
	if temporary {
		if err := os.RemoveAll(cache.Dir); err != nil {
			return nil, 0, err
		}
	}
	for _, v := range variants {
		report.Rows = append(report.Rows, v.row)
	}
	unscored := 0
	if tasks != nil {
		if unscored, err = a.scoreRows(ctx, o, report, variants, tasks, students); err != nil {
			return nil, 0, err
		}
	}
	report.Compare(eval.DefaultSeed)
	return report, unscored, nil
}

// ablationCache is m2v's own cache or, with --no-cache, one inside path that goes with
// the run.
func (a *app) ablationCache(o ablateOptions, path string) (cache teacher.RowCache, temporary bool, err error) {
	if dir := a.cacheDir(); dir != "" && !o.NoCache {
		cache := teacher.RowCache{Dir: filepath.Join(dir, "rows")}
		err := cache.Writable()
		if err == nil {
			return cache, false, nil
		}
		a.warn(fmt.Sprintf("rows are not kept for later runs: %v", err))
	}
	dir, err := os.MkdirTemp(path, "rows-")
	return teacher.RowCache{Dir: dir}, true, err
}

// evaluation are the options of m2v eval for the variants and the models beside them.
func (o ablateOptions) evaluation() evalOptions {
	return o.evalOptions(modelOptions{Threads: o.Threads, ORTLib: o.ORTLib})
}

// newReport says what is compared.
func (o ablateOptions) newReport(variants []*plannedVariant) *ablate.Report {
	r := &ablate.Report{Tool: "m2v", Version: version, Recipe: o.recipeName(), Teacher: systemName(o.Teacher), Baseline: variants[0].row.Name}
	r.Grid, _ = o.axes() // the plan has read them
	if o.BaseModel != "" {
		r.BaseModel = systemName(o.BaseModel)
	}
	return r
}

func writeReport(ctx context.Context, r *ablate.Report, path string) error {
	data, err := r.JSON()
	if err != nil {
		return err
	}
	page, err := report.HTML(r)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"ablation.json": data, "ablation.md": report.Markdown(r), "report.html": page} {
		err := export.CreateFile(ctx, filepath.Join(path, name), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// printAblation prints the folder's path or, if asked for, one of its files.
func (a *app) printAblation(o ablateOptions, r *ablate.Report) error {
	data := []byte(o.Out + "\n")
	switch {
	case o.JSON:
		var err error
		if data, err = r.JSON(); err != nil {
			return err
		}
	case o.Markdown:
		data = report.Markdown(r)
	}
	_, err := a.stdout.Write(data)
	return err
}

// failedTasks counts the scores that rows lack; the folder is written all the same.
func failedTasks(r *ablate.Report) (failed int) {
	for _, row := range r.Rows {
		failed += (&eval.Results{Tasks: row.Tasks}).Failed()
	}
	return failed
}
