package main

import (
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/console"
)

// printEvaluated prints the scores of all models, and on stderr what they cover.
func (a *app) printEvaluated(all []eval.Scored, o evalOptions) error {
	if o.JSON {
		return a.PrintJSON(eval.NewScores(all))
	}
	if o.Tasks != nil { // named ones are shown each
		for _, e := range all {
			for _, t := range e.Tasks {
				if !t.Failed() {
					fmt.Fprintf(a.Out, "%s\t%s\t%.2f\n", e.Model, t.Task, t.Score)
				}
			}
		}
	}
	if err := eval.WriteTable(a.Out, all, o.Markdown); err != nil {
		return err
	}
	a.printCoverage(all)
	return nil
}

// printCoverage says how many data sets of the official lists averages cover, and, of
// those over all columns, which are missing.
func (a *app) printCoverage(all []eval.Scored) {
	for _, average := range eval.Coverage(all) {
		list := "of the official list"
		if average.Name == eval.OwnAverage {
			list = "of your own"
		}
		line := fmt.Sprintf("%s covers %d of the %d data sets %s", average.Name, average.Have, average.Of, list)
		if (strings.HasPrefix(average.Name, "AvgAll") || average.Name == "Mean (Task)") && len(average.Missing) > 0 {
			line += "; missing: " + strings.Join(average.Gaps(), ", ")
		}
		a.Tell(console.Line{Level: "info", Message: line}, line)
	}
}
