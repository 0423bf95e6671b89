package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/model"
)

// scoreRows scores the variants, whose folders are in dir and whose rows are the
// report's first, and the models to compare them with, which get rows of their own. It
// returns the number of those that could not be scored: they are named, and the others are
// scored all the same.
func (a *app) scoreRows(ctx context.Context, o ablateOptions, report *ablate.Report, variants []*plannedVariant, tasks []eval.Task, dir string) (unscored int, err error) {
	for i := range report.Rows {
		if err := a.scoreRow(ctx, o, &report.Rows[i], filepath.Join(dir, variants[i].folder), tasks); err != nil {
			return 0, err
		}
	}
	for _, system := range o.Compare {
		row := ablate.Row{Name: freeName(systemName(system), report.Rows), Kind: ablate.KindModel}
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
	report.Averages = slices.Clone(report.Rows[0].Averages)
	for i := range report.Averages { // they tell of coverage
		report.Averages[i].Score, report.Averages[i].Whole = 0, false
	}
	return unscored, nil
}

// systemName is how a report calls a system: a folder or files by their base names,
// never by a path.
func systemName(ref string) string {
	if s, ok, err := model.ParseFiles(ref); ok && err == nil {
		return s.Name()
	}
	if _, err := os.Stat(ref); err != nil {
		return ref // a Hub id
	}
	if whole, err := filepath.Abs(ref); err == nil {
		ref = whole
	}
	return filepath.Base(ref)
}

// freeName numbers a name that a row has already.
func freeName(name string, rows []ablate.Row) string {
	free := name
	for n := 2; slices.ContainsFunc(rows, func(r ablate.Row) bool { return r.Name == free }); n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}

// scoreRow scores one system.
func (a *app) scoreRow(ctx context.Context, o ablateOptions, row *ablate.Row, system string, tasks []eval.Task) error {
	e, err := a.evaluate(ctx, system, tasks, o.evaluation())
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
