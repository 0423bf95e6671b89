package main

import (
	"fmt"

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
	for _, average := range eval.Coverage(all) {
		a.Tell(console.Line{Level: "info", Message: average.Coverage()}, average.Coverage())
	}
	return nil
}
