package inspect

import (
	"io"
	"strings"

	"github.com/m2v-dev/m2v/internal/plain"
)

// WriteText writes the findings for people: lines of a name, a tab and what it is, which
// text/tabwriter aligns.
func (r *Report) WriteText(w io.Writer) {
	plain.Line(w, "kind", "%s", r.Kind)
	if r.Name != "" {
		plain.Line(w, "name", "%s", r.Name)
	}
	tok := r.Tokenizer
	plain.Line(w, "tokenizer", "%s, %d tokens, %d added", tok.Kind, tok.Tokens, tok.Added)
	plain.Line(w, "special tokens", "unk %q, pad %q, ids %v before and %v after a text", tok.Unk, tok.Pad, tok.Before, tok.After)
	if s := r.Student; s != nil {
		plain.Line(w, "layout", "%s", s.Layout)
		plain.Line(w, "rows", "%d × %d %s, %s", s.Rows, s.Dims, s.Type, plain.Megabytes(int64(s.Bytes)))
		plain.Line(w, "clusters", "%t", s.Clusters)
		plain.Line(w, "weights", "%t", s.Weights)
		plain.Line(w, "normalize", "%t", s.Normalize)
		plain.Line(w, "max length", "%d", s.MaxLength)
	}
	if g := r.Teacher; g != nil {
		plain.Line(w, "graph", "%s, %s", g.File, plain.Megabytes(g.Bytes))
		plain.Line(w, "inputs", "%s", strings.Join(g.Inputs, ", "))
		plain.Line(w, "outputs", "%s", strings.Join(g.Outputs, ", "))
		plain.Line(w, "width", "%d", g.Width)
		plain.Line(w, "embedding table", "%d rows", g.Rows)
		plain.Line(w, "positions", "%d", g.Positions)
		plain.Line(w, "pooling", "%s", plain.OrNone(g.TrainedPooling))
		plain.Line(w, "quantized", "%s", plain.OrNone(g.Quantized))
		plain.Line(w, "normalize", "%t", g.Normalize)
	}
	if m := r.Manifest; m != nil {
		plain.Line(w, "made by", "%s %s", m.Tool, m.Version)
		plain.Line(w, "teacher", "%s", plain.OrNone(m.Teacher.Name))
	}
	for _, fault := range r.Faults {
		plain.Line(w, "fault", "%s", plain.OneLine(fault))
	}
	for _, warning := range r.Warnings {
		plain.Line(w, "warning", "%s", plain.OneLine(warning))
	}
}
