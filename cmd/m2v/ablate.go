package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/ablate/report"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
)

// ablateOptions is the command line of m2v ablate.
type ablateOptions struct {
	distillOptions                   // the switches that all variants share, and the teacher
	Given          []distill.Setting // those that the command line names
	Grid           []string          // SWITCH=VALUE,VALUE,…
	Counts         []string          // of texts that variants are fitted to
	BaseModel      string            // "" for none
	Compare        []string          // other models to score
	Markdown       bool
	scoreOptions
	Gates gateOptions // of the first variant
}

func newAblateCommand(run func(context.Context, ablateOptions) error) *cobra.Command {
	o := ablateOptions{distillOptions: defaultDistillOptions()}
	cmd := &cobra.Command{
		Use:   "ablate [TEACHER] -o DIR",
		Short: "Make the students of an ablation from one forward pass, and compare them",
		Long: `Ablate makes many students from one forward pass of a teacher, which m2v's cache keeps,
and with --data scores them as m2v eval does. DIR gets the students in variants/,
ablation.json, ablation.md and report.html, which is one file and needs no network.

--recipe current (the default) and paper make the rows of the published ablation table:
output, output_nopca, output_nozipf, output_nozipf_nopca, input, input_nozipf_nopca and,
with --base-model TEACHER, plain_output_nozipf_nopca, and check the published claims.
--recipe sharp shows what leaving out the strongest components and whitening do. --grid
makes a student for each combination of switches, beside the recipe's first variant, or
beside all of them where --recipe is given. Switches of m2v distill apply to every
variant:
` + recipeHelp() + `
With --texts, or with --features of m2v featurize, which need no TEACHER, variants are
fitted to texts. --recipe fit (the default then) and best show what fitting, and each of
its settings, is worth. A grid may have the switches of a fit as axes, such as ridge,
pca-whiten, pca-dims and quantize-to, and --fit-counts the number of texts. The teacher is
asked once, and the fits share what is alike; the report shows scores against the number
of texts, minutes and bytes. --max-texts draws texts at random; --fit-counts takes the
first ones of them, in their order:

  m2v ablate --features features -o fits --data data --fit-counts 5000,20000 --grid ridge=0.05,0.1

` + inputHelp + `
` + exitCodesWith("3 a score of the first variant fails a gate"),
		Example: "  m2v ablate testdata/tiny-bert -o ablation --grid pca-dims=8,16,none",
		Args:    args(cobra.MaximumNArgs(1)),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the folder to write")
	f.StringVar(&o.Recipe, "recipe", "", "current, paper or sharp, or with texts fit or best: the variants to make, see above (default: current; with texts fit)")
	f.StringArrayVar(&o.Grid, "grid", nil, "SWITCH=VALUE,VALUE,… such as pca-dims=64,128,none; several make all combinations")
	o.Fit.addFlags(f)
	f.StringSliceVar(&o.Counts, "fit-counts", nil, "N,N,…: fit to the first N of the texts; an axis of the grid")
	f.StringVar(&o.BaseModel, "base-model", "", "a model that was not trained for sentences, such as bert-base-uncased")
	f.StringVar(&o.BaseModel, "plain", "", "the older name of --base-model")
	_ = f.MarkHidden("plain") // the flag is there
	o.scoreOptions.addFlags(f)
	o.Gates.addFlags(f, "the first variant")
	f.StringVar(&o.Gates.Baseline, "baseline", "", "earlier scores for --max-drop: a file that m2v eval --json has written")
	f.StringArrayVar(&o.Compare, "compare", nil, "another model to score beside the variants, such as the teacher")
	f.BoolVar(&o.NoCache, "no-cache", false, "ignore cached rows and scores, and keep none")
	f.BoolVar(&o.Force, "force", false, "replace an existing ablation")
	f.BoolVar(&o.JSON, "json", false, "print ablation.json instead of the folder's path")
	f.BoolVar(&o.Markdown, "markdown", false, "print ablation.md instead of the folder's path")
	o.addSwitches(f)
	o.addTeacherFlags(f)
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		if err := checkTogether(f); err != nil {
			return err
		}
		if len(list) > 0 {
			o.Teacher = list[0]
		}
		if err := o.Fit.checkIdle(f, o.Teacher); err != nil {
			return err
		}
		o.Given = changedSwitches(f)
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
	case o.Data == "" && (o.Columns != nil || o.Tasks != nil || o.Compare != nil || o.Gates.asked()):
		return withHint(usagef("--columns, --tasks, --compare and gates are about scores, and there is no data"), "name the folder with --data DIR")
	}
	if err := o.Gates.check(false); err != nil {
		return err
	}
	if err := o.Fit.check(o.Teacher); err != nil {
		return err
	}
	return o.checkSwitches()
}

// runAblate is the command: the options in the library's words, the run, and what it
// found in words.
func runAblate(ctx context.Context, a *app, o ablateOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := export.Check(o.Out, ablate.Folder(o.Force)); err != nil {
		return hintForce(err)
	}
	library, gates, err := o.ablation(a)
	if err != nil {
		return err
	}
	failed, unscored := 0, 0
	library.Warn = a.WarnOnce
	library.Scored = func(model string, tasks []eval.Result) { failed += a.tellTasks(model, tasks) }
	library.Unscored = func(model string, err error) {
		unscored++
		a.report(withName(model, err))
	}
	r, err := ablate.Run(ctx, o.Teacher, o.Out, library)
	if err != nil {
		return hintForce(err)
	}
	if err := a.printAblation(o, r); err != nil {
		return err
	}
	if err := unfinished("ablate", failed, unscored, len(o.Compare)); err != nil {
		return err
	}
	return checkGates([]eval.Scored{r.Rows[0].Scored()}, gates)
}

// ablation returns the options as package ablate takes them, and what has to hold.
func (o ablateOptions) ablation(a *app) (out ablate.Options, gates eval.Gates, err error) {
	choice := ablate.Choice{Recipe: o.Recipe, Given: o.Given, Fitted: o.Fit.asked(), BaseModel: o.BaseModel != ""}
	if o.Counts != nil {
		choice.Grid = append(choice.Grid, ablate.Axis{Flag: ablate.FitTexts, Values: o.Counts})
	}
	o.Switches.Student.Threads = o.Threads
	for _, s := range o.Grid {
		axis, err := ablate.ParseAxis(s)
		if err != nil {
			return out, gates, usagef("--grid: %w", err)
		}
		choice.Grid = append(choice.Grid, axis)
	}
	out = ablate.Options{
		Find: a.finder(), Runtime: a.provider(o.runtimeFlags, o.Threads), Revision: o.Revision,
		BaseModel: o.BaseModel, Fit: o.Fit.library(a, o.Switches), Recipe: choice.RecipeName(), Grid: choice.Grid, Compare: o.Compare,
		Pages: report.Pages, Force: o.Force, Progress: a.Stages(),
	}
	if !o.NoCache {
		out.Cache = a.cacheDir()
	}
	if o.Data != "" {
		found, err := a.find(o.evalOptions(modelOptions{}))
		if err != nil {
			return out, gates, err
		}
		if gates, err = o.Gates.gates(found.Folder); err != nil {
			return out, gates, err
		}
		out.Tasks = found.Tasks
	}
	out.Variants, err = choice.Variants(o.Switches)
	return out, gates, err
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
	_, err := a.Out.Write(data)
	return err
}
