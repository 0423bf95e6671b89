package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/console"
	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/model"
)

// evalOptions is the command line of m2v eval.
type evalOptions struct {
	modelOptions
	Models  []string
	Data    string
	Tasks   []string
	Columns []string
	// Languages, if not nil, choose the tasks of MTEB(Multilingual) and their subsets.
	Languages []string
	Seed      uint64
	NoCache   bool
	Gates     gateOptions
	JSON      bool
	Markdown  bool
	List      bool
	Texts     bool // print them, and score nothing
}

// systemHelp is the part of a help text that tells what a model may be.
const systemHelp = `  FOLDER or Hub id      a static model or a teacher
  glove:FILE            word vectors in GloVe's text form, averaged over words as
                        sentence-transformers' average_word_embeddings models do
  word2vec:FILE         the same, word2vec's text or binary form
  bpemb:MODEL,VECTORS   a sentencepiece BPE model and its vectors, averaged over pieces
  features:DIR          a teacher's vectors that m2v featurize kept, for the texts that
                        --print-texts writes`

func newEvalCommand(run func(context.Context, evalOptions) error) *cobra.Command {
	o := evalOptions{Seed: eval.DefaultSeed}
	cmd := &cobra.Command{
		Use:   "eval MODEL… --data DIR",
		Short: "Score models on the columns of the published tables",
		Long: `Eval scores models on the data sets of a folder: Class, Clust, PairClass, Rank, Ret,
STS, Sum, Pearl and WordSim, by the protocols of the published tables. It finds MTEB's
data sets as they are downloaded from the Hugging Face Hub, and those of class/,
cluster/, pair/ and so on. Scores are per cent. Averages come by both published
formulas, v1 (mean of data sets) and v2 (mean of columns), and say how much of the
official list they cover. Data sets of your own, of any name in class/, sts/ and so on,
have columns such as STS.own and a mean, AvgOwn: they are scored if the folder holds
no others, or with --columns own or --tasks. Finished tasks are kept in m2v's cache. A model is one of

` + systemHelp + `
  npy:VECTORS,TEXTS     vectors of another program: row i of VECTORS.npy is the vector of text
                        i of TEXTS, lines or, by its suffix, JSON Lines; --print-texts
                        writes the texts that are asked for, as JSON Lines

` + exitCodesWith("3 a score is under --fail-under"),
		Example: "  m2v eval student --data data",
		Args:    args(func(cmd *cobra.Command, list []string) error { return countModels(o, cmd, list) }),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Models = list
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Data, "data", "", "folder of data sets: MTEB's as downloaded, and class/, cluster/, pair/, pearl/, rerank/, retrieval/, sts/, summ/, wordsim/")
	f.StringSliceVar(&o.Columns, "columns", nil, "only these columns; own for data sets of your own")
	f.StringSliceVar(&o.Tasks, "tasks", nil, "only these data sets, by the names of their files or MTEB's; your own too")
	f.StringSliceVar(&o.Languages, "languages", nil, "score MTEB(Multilingual, v2) in these languages, ISO 639-3 such as deu or deu-Latn, or all")
	o.Gates.addFlags(f, "a model")
	f.StringVar(&o.Gates.Baseline, "baseline", "", "earlier scores for --max-drop: a file that m2v eval --json has written")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "random seed of the protocols")
	o.modelOptions.addLengthFlag(f)
	f.BoolVar(&o.NoCache, "no-cache", false, "ignore cached scores, and a teacher's cached vectors of texts")
	f.BoolVar(&o.List, "list", false, "list the data sets, and score nothing: name, column, MTEB's name, and whether it is extra")
	f.BoolVar(&o.Texts, "print-texts", false, "print the distinct texts that models are given, as JSON Lines, and score nothing")
	f.BoolVar(&o.JSON, "json", false, "print all scores, or the list of data sets, as JSON")
	f.BoolVar(&o.Markdown, "markdown", false, "print a Markdown table")
	o.modelOptions.addFlags(f)
	return cmd
}

func runEval(ctx context.Context, a *app, o evalOptions) error {
	switch {
	case o.Data == "":
		return withHint(usagef("no data"), "name the folder with --data DIR")
	case o.JSON && o.Markdown:
		return usagef("--json and --markdown both say what to print: give one of them")
	}
	if err := o.Gates.check(false); err != nil {
		return err
	}
	if o.List {
		tasks, err := o.selection().All(o.Data)
		if err != nil {
			return err
		}
		return a.Print(o.JSON, tasks, func(w io.Writer) { eval.WriteTasks(w, tasks) })
	}
	found, err := a.find(o)
	if err != nil {
		return err
	}
	gates, err := o.Gates.gates(found.Folder)
	if err != nil {
		return err
	}
	if o.Texts {
		return eval.WriteTexts(ctx, a.Out, found.Tasks, o.Seed)
	}
	// Large products run on the library where it is; without it gonum's own serve.
	if err := a.startRuntime(o.runtimeFlags, threads(o.Threads)); err != nil && o.given() {
		return err
	}
	var all []eval.Scored
	failed, unscored := 0, 0
	for _, model := range o.Models {
		e, err := a.evaluate(ctx, model, found.Tasks, o)
		if err != nil && (ctx.Err() != nil || len(o.Models) == 1) {
			return err
		}
		if err != nil { // the others are scored all the same
			unscored++
			a.report(withName(model, err))
			continue
		}
		failed += a.tellTasks(model, e.Tasks)
		all = append(all, e)
	}
	if len(all) > 0 {
		if err := a.printEvaluated(all, o); err != nil {
			return err
		}
	}
	if err := unfinished("eval", failed, unscored, len(o.Models)); err != nil {
		return err
	}
	return checkGates(all, gates)
}

// unfinished is the error of a command that scored what it could, nil if that was all.
func unfinished(command string, failed, unscored, models int) error {
	var parts []string
	if unscored > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d models could not be scored", unscored, models))
	}
	switch {
	case failed == 1:
		parts = append(parts, "1 task failed")
	case failed > 1:
		parts = append(parts, fmt.Sprintf("%d tasks failed", failed))
	}
	if parts == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", command, strings.Join(parts, ", "))
}

// tellTasks prints what went wrong with a model's tasks, and what is odd about their
// data if it was not told before. It returns the number that failed.
func (a *app) tellTasks(model string, tasks []eval.Result) (failed int) {
	for _, t := range tasks {
		if t.Failed() {
			failed++
			text := fmt.Sprintf("%s: task %s failed: %s", model, t.Task, plain.OneLine(t.Err))
			a.Tell(console.Line{Level: "error", Message: text}, "m2v: "+text)
		}
		for _, w := range t.Warnings {
			a.WarnOnce(t.Task + ": " + w)
		}
	}
	return failed
}

// countModels wants at least one model, and none where nothing is scored.
func countModels(o evalOptions, cmd *cobra.Command, list []string) error {
	if !o.Texts && !o.List {
		return cobra.MinimumNArgs(1)(cmd, list)
	}
	gates := []string{"fail-under", "min-coverage", "max-drop", "baseline"}
	flag, without := "--print-texts", append(gates, "json", "markdown", "no-cache", "list")
	if o.List {
		flag, without = "--list", append(gates, "markdown", "no-cache", "columns", "tasks", "print-texts")
	}
	if len(list) > 0 {
		return fmt.Errorf("%s scores nothing: leave %s out, or %s", flag, strings.Join(list, ", "), flag)
	}
	for _, name := range without {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s has no effect with %s, which scores nothing", name, flag)
		}
	}
	return nil
}

// withName puts a model's name before an error that does not begin with it.
func withName(model string, err error) error {
	if strings.HasPrefix(err.Error(), model) {
		return err
	}
	return fmt.Errorf("%s: %w", model, err)
}

// selection is what is asked for.
func (o evalOptions) selection() eval.Selection {
	return eval.Selection{Columns: o.Columns, Tasks: o.Tasks, Languages: o.Languages}
}

// find finds the tasks that were asked for, and tells of what is left out.
func (a *app) find(o evalOptions) (*eval.Found, error) {
	f, err := o.selection().In(o.Data)
	if err != nil {
		return nil, err
	}
	if len(f.Unknown) > 0 {
		a.Warn(fmt.Sprintf("%s: no known data set in %s; docs/evaluation.md has the names", o.Data, strings.Join(f.Unknown, ", ")))
	}
	if f.LeftOut > 0 {
		a.Notef("%s of your own left out: --columns own scores them", plain.Count(f.LeftOut, "data set"))
	}
	return f, nil
}

// evaluate scores one model.
func (a *app) evaluate(ctx context.Context, name string, tasks []eval.Task, o evalOptions) (eval.Scored, error) {
	m, err := a.openAny(ctx, name, o.modelOptions)
	if err != nil {
		return eval.Scored{}, err
	}
	defer m.Close()
	options := model.ScoreOptions{Seed: o.Seed, Library: a.library}
	if !o.NoCache {
		options.Cache = a.cacheDir()
	}
	bar := a.Progress("eval "+filepath.Base(name), "tasks", len(tasks))
	options.Progress = func(done, _ int, _ eval.Result) { bar.Update(done) }
	r, err := model.Score(ctx, m.Model, tasks, options)
	bar.Finish()
	if err != nil {
		return eval.Scored{}, err
	}
	return eval.NewScored(name, r), nil
}
