package main

import (
	"context"
	"path/filepath"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
)

// scoreRows scores the variants, whose folders are in dir, and the systems to compare
// them with, which get rows of their own. It returns the number of those that are no
// systems: they are named, and the others are scored all the same.
func (a *app) scoreRows(ctx context.Context, o ablateOptions, report *ablate.Report, tasks []eval.Task, dir string) (unscored int, err error) {
	for i := range report.Rows {
		row := &report.Rows[i]
		if err := a.scoreRow(ctx, o, row, filepath.Join(dir, variantFolder(row.Name)), tasks); err != nil {
			return 0, err
		}
	}
	for _, system := range o.Compare {
		row := ablate.Row{Name: systemName(system), Kind: ablate.KindSystem}
		err := a.scoreRow(ctx, o, &row, system, tasks)
		switch {
		case ctx.Err() != nil:
			return 0, err
		case err != nil:
			unscored++
			a.report(withName(system, err))
		default:
			report.Rows = append(report.Rows, row)
		}
	}
	report.Averages = report.Rows[0].Averages
	return unscored, nil
}

// scoreRow scores one system.
func (a *app) scoreRow(ctx context.Context, o ablateOptions, row *ablate.Row, system string, tasks []eval.Task) error {
	e, err := a.evaluate(ctx, system, tasks, o.evalOptions())
	if err != nil {
		return err
	}
	a.tellTasks(row.Name, e.Tasks)
	row.Tasks, row.Columns, row.Averages = e.Tasks, e.Columns, e.Averages
	row.Tokens, row.Dims, row.Parameters, row.Bytes = e.size.Tokens, e.size.Dims, e.size.Parameters, e.size.Bytes
	row.Speed = speed(e.Tasks)
	return nil
}

// speed returns texts a second over all that was encoded, 0 if that was nothing.
func speed(tasks []eval.Result) float64 {
	texts, seconds := 0, 0.0
	for _, t := range tasks {
		texts += t.Encoded
		seconds += t.EncodeSeconds
	}
	if seconds == 0 {
		return 0
	}
	return float64(texts) / seconds
}
