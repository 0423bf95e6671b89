package main

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/eval"
)

// scoreDifference is what two models score, as the report of m2v diff has it.
type scoreDifference = eval.Difference

// points is a score for people.
func points(score *float64, format string) string {
	if score == nil {
		return "failed"
	}
	return fmt.Sprintf(format, *score)
}

// tasksOf lists what both models are scored on; nothing without --data.
func (a *app) tasksOf(o diffOptions) ([]eval.Task, error) {
	if o.Data != "" {
		return a.selectTasks(o.evalOptions(modelOptions{}))
	}
	if o.Columns != nil || o.Tasks != nil || o.NoCache {
		return nil, withHint(usagef("--columns, --tasks and --no-cache choose what is scored, and there is no data"), "name the folder with --data DIR")
	}
	return nil, nil
}

// diffScores scores both models. Failed tasks are an error, beside the scores of the
// others.
func (a *app) diffScores(ctx context.Context, o diffOptions, tasks []eval.Task) ([]scoreDifference, error) {
	// Large products run on the library where it is; without it gonum's own serve.
	_, _ = a.startRuntime("", threads(0))
	var both [2]eval.Scored
	for i, model := range []string{o.A, o.B} {
		e, err := a.evaluate(ctx, model, tasks, o.evalOptions(modelOptions{}))
		if err != nil {
			return nil, err
		}
		a.tellTasks(model, e.Tasks)
		both[i] = e.Scored
	}
	out, failed := eval.Differences(both[0], both[1])
	return out, unfinished("diff", failed, 0, len(both))
}
