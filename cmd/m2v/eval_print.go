package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// printEvaluated prints the scores of all systems, and on stderr what they cover.
func (a *app) printEvaluated(all []evaluated, o evalOptions) error {
	if o.JSON {
		return printJSON(a.stdout, all)
	}
	if o.Tasks != nil { // named ones are shown each, the extra ones among them
		for _, e := range all {
			for _, t := range e.Tasks {
				if !t.Failed() {
					fmt.Fprintf(a.stdout, "%s\t%s\t%.2f\n", e.System, t.Task, t.Score)
				}
			}
		}
	}
	if err := printScores(a.stdout, all, o.Markdown); err != nil {
		return err
	}
	return a.printCoverage(all)
}

// printCoverage says how many data sets of the official lists averages cover, and, of
// those over all columns, which are missing. A system whose tasks failed covers less.
func (a *app) printCoverage(all []evaluated) error {
	for i, average := range all[0].Averages {
		for _, e := range all[1:] {
			if e.Averages[i].Have > average.Have {
				average = e.Averages[i]
			}
		}
		line := fmt.Sprintf("%s covers %d of the %d data sets of the official list", average.Name, average.Have, average.Of)
		if strings.HasPrefix(average.Name, "AvgAll") && len(average.Missing) > 0 {
			line += "; missing: " + strings.Join(average.Gaps(), ", ")
		}
		if _, err := fmt.Fprintln(a.stderr, line); err != nil {
			return err
		}
	}
	return nil
}

// printScores prints a row a system: columns, then averages; "failed" where a task has.
func printScores(w io.Writer, all []evaluated, markdown bool) error {
	header := []string{"system"}
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
		cells, scores := []string{e.System}, e.scores()
		for _, name := range header[1:] {
			if score, ok := scores[name]; ok {
				cells = append(cells, fmt.Sprintf("%.2f", score))
			} else if e.failed() {
				cells = append(cells, "failed")
			} else {
				cells = append(cells, "-") // only extra data sets were scored
			}
		}
		line(cells)
	}
	return t.Flush()
}
