package main

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/eval"
)

// scoreDifference is what two models score on a data set, in a column or on average, per
// cent; nil where a task failed.
type scoreDifference struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // "task", "column" or "average"
	A          *float64 `json:"a"`
	B          *float64 `json:"b"`
	Difference *float64 `json:"difference"` // B − A, in points
}

func newScoreDifference(name, kind string, a, b *float64) scoreDifference {
	s := scoreDifference{Name: name, Kind: kind, A: a, B: b}
	if a != nil && b != nil {
		d := *b - *a
		s.Difference = &d
	}
	return s
}

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
	var both [2]evaluated
	for i, model := range []string{o.A, o.B} {
		var err error
		if both[i], err = a.evaluate(ctx, model, tasks, o.evalOptions(modelOptions{})); err != nil {
			return nil, err
		}
		a.tellTasks(model, both[i].Tasks)
	}
	x, y := both[0], both[1]
	var out []scoreDifference
	failed := 0
	for i := range x.Tasks {
		out = append(out, newScoreDifference(x.Tasks[i].Task, "task", taskScore(x.Tasks[i]), taskScore(y.Tasks[i])))
		if x.Tasks[i].Failed() || y.Tasks[i].Failed() {
			failed++
		}
	}
	first, second := x.scores(), y.scores()
	named := func(name, kind string) {
		a, inA := first[name]
		b, inB := second[name]
		switch {
		case inA && inB:
			out = append(out, newScoreDifference(name, kind, &a, &b))
		case failed > 0: // else there is none: extra data sets are in no mean
			out = append(out, newScoreDifference(name, kind, nil, nil))
		}
	}
	for _, c := range x.Columns {
		named(c.Name(), "column")
	}
	for _, average := range x.Averages {
		named(average.Name, "average")
	}
	return out, unfinished("diff", failed, 0, len(both))
}

// taskScore returns a task's score, nil if it failed.
func taskScore(r eval.Result) *float64 {
	if r.Failed() {
		return nil
	}
	return &r.Score
}
