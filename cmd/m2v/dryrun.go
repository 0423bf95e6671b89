package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/transformer"
)

// printForecast prints what a dry run tells.
func (a *app) printForecast(f *distill.Forecast, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, f)
	}
	return printForecast(a.stdout, f)
}

// printForecast writes the forecast as a table for people.
func printForecast(w io.Writer, f *distill.Forecast) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if f.Teacher != "" {
		line("teacher", "%s", f.Teacher)
	}
	line("tokenizer", "%s", f.Tokenizer)
	line("vocabulary", "%d tokens → %d rows (%s)", f.Counts["teacher"], f.Counts["rows"], changes(f.Counts))
	if f.Graph.File == "" {
		line("vectors", "of texts, width %d", f.Graph.Width)
	} else {
		line("graph", "%s, %s", f.Graph.File, megabytes(f.Graph.Bytes))
		line("inputs", "%s", strings.Join(f.Graph.Inputs, ", "))
		line("outputs", "%s", strings.Join(f.Graph.Outputs, ", "))
	}
	if f.Source == string(transformer.Input) {
		line("source", "the table of input embeddings, width %d", f.Graph.InputWidth)
	} else if f.Graph.File != "" {
		line("pooling", "%s of %s, width %d", f.Pooling, output(f), f.Graph.Width)
	}
	bound := ""
	if f.AtMost {
		bound = " at most"
	}
	line("dimensions", "%d%s", f.Dims, bound)
	var sizes []string
	for _, kind := range matrix.Types {
		sizes = append(sizes, fmt.Sprintf("%s %s", kind, megabytes(f.Sizes[kind.String()])))
	}
	line("output size", "%s%s", strings.Join(sizes, ", "), bound)
	if f.Seconds > 0 {
		line("time", "about %.0f s", f.Seconds)
		if f.Texts > 0 {
			line("time of the texts", "about %.0f s for %d", f.TextSeconds, f.Texts)
		}
		line("peak memory", "about %s", megabytes(f.Memory))
	}
	for _, warning := range f.Warnings {
		line("warning", "%s", oneLine(warning))
	}
	return t.Flush()
}

// output names the graph's output that is pooled.
func output(f *distill.Forecast) string {
	if f.Pooling == string(transformer.Pooler) {
		return f.Graph.Pooled
	}
	return f.Graph.Hidden
}

// changes lists the counts between the teacher's tokens and the rows.
func changes(counts map[string]int) string {
	var list []string
	for _, name := range []string{"pruned", "removed", "added", "helpers", "multiword", "duplicates", "empty", "rejected", "words", "phrases"} {
		if n := counts[name]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, name))
		}
	}
	if list == nil {
		return "unchanged"
	}
	return strings.Join(list, ", ")
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
