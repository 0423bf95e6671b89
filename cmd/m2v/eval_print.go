package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/m2v-dev/m2v/eval"
)

// printEvaluated prints the scores of all models, and on stderr what they cover.
func (a *app) printEvaluated(all []eval.Scored, o evalOptions) error {
	if o.JSON {
		return printJSON(a.stdout, eval.NewScores(all))
	}
	if o.Tasks != nil { // named ones are shown each
		for _, e := range all {
			for _, t := range e.Tasks {
				if !t.Failed() {
					fmt.Fprintf(a.stdout, "%s\t%s\t%.2f\n", e.Model, t.Task, t.Score)
				}
			}
		}
	}
	if err := printScores(a.stdout, all, o.Markdown); err != nil {
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
		a.tell(logLine{Level: "info", Message: line}, line)
	}
}

// printScores prints a row for each model: columns, then averages; "failed" where a task has.
func printScores(w io.Writer, all []eval.Scored, markdown bool) error {
	header := []string{"model"}
	for _, c := range all[0].Columns {
		header = append(header, c.Name())
	}
	for _, average := range all[0].Averages {
		header = append(header, average.Name)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells []string) {
		if markdown {
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		} else {
			fmt.Fprintln(t, strings.Join(cells, "\t"))
		}
	}
	line(header)
	if markdown {
		line(slices.Repeat([]string{"---"}, len(header)))
	}
	for _, e := range all {
		cells, scores := []string{e.Model}, e.Scores()
		for _, name := range header[1:] {
			if score, ok := scores[name]; ok {
				cells = append(cells, fmt.Sprintf("%.2f", score))
			} else if e.Failed() > 0 {
				cells = append(cells, "failed")
			} else {
				cells = append(cells, "-") // only extra data sets were scored
			}
		}
		line(cells)
	}
	return t.Flush()
}
