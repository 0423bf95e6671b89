package main

import (
	"context"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/classifier/bench"
)

// benchTrainOptions is the command line of m2v bench train.
type benchTrainOptions struct {
	Ref      string   // a static model
	Teachers []string // for logistic regression on their vectors
	Data     string
	Sets     []string
	Systems  []string // of tf-idf, logreg, mlp
	Table    bench.Options
	Out      string // Markdown, and beside it a chart
	JSON     bool
	Model    modelOptions
}

func newBenchCommand(run func(context.Context, benchTrainOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: "bench", Short: "Compare classifiers on data sets", Long: "Bench makes tables of scores and speeds.\n\n" + exitCodesHelp,
		Example: "  m2v bench train student --data class",
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchTrainCommand(run))
	return cmd
}

func newBenchTrainCommand(run func(context.Context, benchTrainOptions) error) *cobra.Command {
	o := benchTrainOptions{Table: bench.DefaultOptions(), Systems: []string{"tf-idf", "logreg", "mlp"}}
	cmd := &cobra.Command{
		Use:   "train MODEL --data DIR",
		Short: "Make the training table: classifiers on data sets, several seeds",
		Long: `Bench train trains tf-idf, and logistic regression and a full finetune on a static model,
and with --teacher logistic regression on a teacher's vectors, on each data set of DIR: a
folder with files train and test, such as train.tsv. It prints weighted F1 on the whole
test split beside the means of the published table, and the speeds.

` + exitCodesHelp,
		Example: "  m2v bench train student --data class -o table.md",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Data, "data", "", "the folder of data sets")
	f.StringSliceVar(&o.Sets, "sets", nil, "only these data sets, or published for those of the published table (default: all)")
	f.StringSliceVar(&o.Systems, "systems", o.Systems, "some of tf-idf, logreg and mlp")
	f.StringArrayVar(&o.Teachers, "teacher", nil, "also logistic regression on this teacher's vectors; may be given several times")
	f.IntVar(&o.Table.Examples, "examples", o.Table.Examples, "training texts of a data set")
	f.IntVar(&o.Table.Seeds, "seeds", o.Table.Seeds, "draws of the training texts")
	f.StringVarP(&o.Out, "output", "o", "", "write the table to this Markdown file too, and a chart beside it")
	f.BoolVar(&o.JSON, "json", false, "print the table as JSON")
	o.Model.addFlags(f)
	return cmd
}

func runBenchTrain(ctx context.Context, a *app, o benchTrainOptions) error {
	if o.Data == "" {
		return withHint(usagef("no data sets"), "name their folder with --data DIR")
	}
	sets, err := bench.Find(o.Data, o.Sets)
	if err != nil {
		return err
	}
	if _, err := a.provider(o.Model.runtimeFlags, o.Model.Threads).StartIfThere(); err != nil {
		return err
	}
	systems, err := o.systems(ctx, a)
	if err != nil {
		return err
	}
	o.Table.Tell = func(set, system string, seed int, s *classifier.Scores) {
		a.Notef("%s, %s, seed %d: weighted F1 %.2f", set, system, seed, 100*s.WeightedF1)
	}
	table, err := bench.Run(ctx, systems, sets, o.Table)
	if err != nil {
		return err
	}
	if o.Out != "" {
		if err := table.Write(o.Out); err != nil {
			return err
		}
	}
	if o.JSON {
		return a.PrintJSON(table)
	}
	_, err = io.WriteString(a.Out, table.Markdown())
	return err
}

// systems opens the models. They stay open for the life of the process.
func (o benchTrainOptions) systems(ctx context.Context, a *app) ([]bench.System, error) {
	student, err := a.openStaticModel(ctx, o.Ref, o.Model)
	if err != nil {
		return nil, err
	}
	list, err := bench.Systems(student.Static, o.Systems)
	if err != nil {
		return nil, err
	}
	for _, name := range o.Teachers {
		t, err := a.openModel(ctx, name, o.Model)
		if err != nil {
			return nil, err
		}
		list = append(list, bench.Teacher(filepath.Base(name), t))
	}
	return list, nil
}
