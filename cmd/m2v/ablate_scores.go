package main

import (
	"context"
	"path/filepath"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
)

// scoreRows scores the variants, whose folders are in dir, and the systems to compare
// them with, which get rows of their own.
func (a *app) scoreRows(ctx context.Context, o ablateOptions, report *ablate.Report, tasks []eval.Task, dir string) error {
	for i := range report.Rows {
		row := &report.Rows[i]
		if err := a.scoreRow(ctx, o, row, filepath.Join(dir, variantFolder(row.Name)), tasks); err != nil {
			return err
		}
	}
	for _, system := range o.Compare {
		row := ablate.Row{Name: systemName(system), Kind: ablate.KindSystem}
		if err := a.scoreRow(ctx, o, &row, system, tasks); err != nil {
			return err
		}
		report.Rows = append(report.Rows, row)
	}
	report.Averages = report.Rows[0].Averages
	return nil
}

// scoreRow scores one system.
func (a *app) scoreRow(ctx context.Context, o ablateOptions, row *ablate.Row, system string, tasks []eval.Task) error {
	e, err := a.evaluate(ctx, system, tasks, o.evalOptions())
	if err != nil {
		return err
	}
	row.Tasks, row.Columns, row.Averages = e.Tasks, e.Columns, e.Averages
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
