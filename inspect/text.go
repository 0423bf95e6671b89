package inspect

import (
	"fmt"
	"io"
	"strings"

	"github.com/m2v-dev/m2v/internal/plain"
)

// WriteText writes the findings for people: lines of a name, a tab and what it is, which
// text/tabwriter aligns.
func (r *Report) WriteText(w io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("kind", "%s", r.Kind)
	if r.Name != "" {
		line("name", "%s", r.Name)
	}
	tok := r.Tokenizer
	line("tokenizer", "%s, %d tokens, %d added", tok.Kind, tok.Tokens, tok.Added)
	line("special tokens", "unk %q, pad %q, ids %v before and %v after a text", tok.Unk, tok.Pad, tok.Before, tok.After)
	if s := r.Student; s != nil {
		line("layout", "%s", s.Layout)
		line("rows", "%d × %d %s, %s", s.Rows, s.Dims, s.Type, plain.Megabytes(int64(s.Bytes)))
		line("clusters", "%t", s.Clusters)
		line("weights", "%t", s.Weights)
		line("normalize", "%t", s.Normalize)
		line("max length", "%d", s.MaxLength)
	}
	if g := r.Teacher; g != nil {
		line("graph", "%s, %s", g.File, plain.Megabytes(g.Bytes))
		line("inputs", "%s", strings.Join(g.Inputs, ", "))
		line("outputs", "%s", strings.Join(g.Outputs, ", "))
		line("width", "%d", g.Width)
		line("embedding table", "%d rows", g.Rows)
		line("positions", "%d", g.Positions)
		line("pooling", "%s", plain.OrNone(g.TrainedPooling))
		line("quantized", "%s", plain.OrNone(g.Quantized))
		line("normalize", "%t", g.Normalize)
	}
	if m := r.Manifest; m != nil {
		line("made by", "%s %s", m.Tool, m.Version)
		line("teacher", "%s", plain.OrNone(m.Teacher.Name))
	}
	for _, fault := range r.Faults {
		line("fault", "%s", plain.OneLine(fault))
	}
	for _, warning := range r.Warnings {
		line("warning", "%s", plain.OneLine(warning))
	}
}
