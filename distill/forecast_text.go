package distill

import (
	"fmt"
	"io"
	"strings"

	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/transformer"
)

// WriteText writes the forecast for people: lines of a name, a tab and what is known,
// which text/tabwriter aligns.
func (f *Forecast) WriteText(w io.Writer) {
	if f.Teacher != "" {
		plain.Line(w, "teacher", "%s", f.Teacher)
	}
	plain.Line(w, "tokenizer", "%s", f.Tokenizer)
	plain.Line(w, "vocabulary", "%d tokens → %d rows (%s)", f.Counts["teacher"], f.Counts["rows"], f.changes())
	if f.Graph.File == "" {
		plain.Line(w, "vectors", "of texts, width %d", f.Graph.Width)
	} else {
		plain.Line(w, "graph", "%s, %s", f.Graph.File, plain.Megabytes(f.Graph.Bytes))
		plain.Line(w, "inputs", "%s", strings.Join(f.Graph.Inputs, ", "))
		plain.Line(w, "outputs", "%s", strings.Join(f.Graph.Outputs, ", "))
	}
	if f.Source == string(transformer.Input) {
		plain.Line(w, "source", "the table of input embeddings, width %d", f.Graph.InputWidth)
	} else if f.Graph.File != "" {
		plain.Line(w, "pooling", "%s of %s, width %d", f.Pooling, f.pooled(), f.Graph.Width)
	}
	bound := ""
	if f.AtMost {
		bound = " at most"
	}
	plain.Line(w, "dimensions", "%d%s", f.Dims, bound)
	var sizes []string
	for _, kind := range matrix.Types {
		sizes = append(sizes, fmt.Sprintf("%s %s", kind, plain.Megabytes(f.Sizes[kind.String()])))
	}
	plain.Line(w, "output size", "%s%s", strings.Join(sizes, ", "), bound)
	if f.Seconds > 0 {
		plain.Line(w, "time", "about %.0f s", f.Seconds)
		if f.Texts > 0 {
			plain.Line(w, "time of the texts", "about %.0f s for %d", f.TextSeconds, f.Texts)
		}
		plain.Line(w, "peak memory", "about %s", plain.Megabytes(f.Memory))
	}
	for _, warning := range f.Warnings {
		plain.Line(w, "warning", "%s", plain.OneLine(warning))
	}
}

// pooled names the graph's output that is pooled.
func (f *Forecast) pooled() string {
	if f.Pooling == string(transformer.Pooler) {
		return f.Graph.Pooled
	}
	return f.Graph.Hidden
}

// changes lists the counts between the teacher's tokens and the rows.
func (f *Forecast) changes() string {
	var list []string
	for _, name := range []string{"pruned", "removed", "added", "helpers", "multiword", "duplicates", "empty", "rejected", "words", "phrases"} {
		if n := f.Counts[name]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, name))
		}
	}
	if list == nil {
		return "unchanged"
	}
	return strings.Join(list, ", ")
}
