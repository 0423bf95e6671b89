package eval

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteTable writes a row for each model, in Markdown or in columns for people: columns,
// then averages; "failed" where a task has.
func WriteTable(w io.Writer, all []Scored, markdown bool) error {
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

// WriteTasks writes a line for each task for people, below a header: its name, its column,
// MTEB's name and whether it counts, with tabs between them, which text/tabwriter aligns.
func WriteTasks(w io.Writer, tasks []Task) {
	fmt.Fprintln(w, "name\tcolumn\tMTEB's name\tcounts")
	for _, t := range tasks {
		official, counts := t.Official, "yes"
		if official == "" {
			official = "-"
		}
		if t.Extra {
			counts = Own
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Name, t.Column, official, counts)
	}
}
