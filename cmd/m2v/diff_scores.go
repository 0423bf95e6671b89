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

// tasksOf lists what both models are scored on, nothing without --data, and what has to
// hold.
func (a *app) tasksOf(o diffOptions) (tasks []eval.Task, gates eval.Gates, err error) {
	if err := o.Gates.check(true); err != nil {
		return nil, gates, err
	}
	if o.Data == "" {
		if o.Columns != nil || o.Tasks != nil || o.NoCache || o.Gates.asked() {
			err = withHint(usagef("--columns, --tasks, --no-cache and gates are about scores, and there is no data"), "name the folder with --data DIR")
		}
		return nil, gates, err
	}
	found, err := a.find(o.evalOptions(modelOptions{}))
	if err != nil {
		return nil, gates, err
	}
	gates, err = o.Gates.gates(found.Folder)
	return found.Tasks, gates, err
}

// diffScores scores both models. Failed tasks, and scores of the second that do not hold,
// are an error beside the scores.
func (a *app) diffScores(ctx context.Context, o diffOptions, tasks []eval.Task, gates eval.Gates) ([]scoreDifference, error) {
	// Large products run on the library where it is; without it gonum's own serve.
	_ = a.startRuntime(runtimeFlags{}, threads(0))
	var both [2]eval.Scored
	for i, model := range []string{o.A, o.B} {
		e, err := a.evaluate(ctx, model, tasks, o.evalOptions(modelOptions{}))
		if err != nil {
			return nil, err
		}
		a.tellTasks(model, e.Tasks)
		both[i] = e
	}
	out, failed := eval.Differences(both[0], both[1])
	if err := unfinished("diff", failed, 0, len(both)); err != nil {
		return out, err
	}
	gates.Baseline = both[:1]
	return out, checkGates(both[1:], gates)
}
