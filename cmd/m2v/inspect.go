package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/inspect"
	"github.com/m2v-dev/m2v/model"
)

// inspectOptions is the command line of m2v inspect.
type inspectOptions struct {
	Ref      string
	Revision string
	ONNXFile string
	Strict   bool // warnings fail, too
	JSON     bool
}

func newInspectCommand(run func(context.Context, inspectOptions) error) *cobra.Command {
	var o inspectOptions
	cmd := &cobra.Command{
		Use:   "inspect FOLDER",
		Short: "Show what a static model or a teacher is, and what is wrong with it",
		Long: `Inspect reads a model's files, runs nothing, and tells its kind, sizes, types and
tokenizer, and what has gone wrong for others with models like it: a stale unk_id,
baked-in padding or truncation, a missing unknown token, ids without a row.

` + exitCodesWith("3 faults were found"),
		Example: "  m2v inspect student",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.Strict, "strict", false, "exit 3 for warnings, too")
	f.BoolVar(&o.JSON, "json", false, "print the findings as JSON")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	f.StringVar(&o.ONNXFile, "onnx-file", "", "of a teacher: the graph, in its folder")
	return cmd
}

func runInspect(ctx context.Context, a *app, o inspectOptions) error {
	folder, isStatic, err := model.Find(ctx, o.Ref, model.Options{Find: a.finder(), Revision: o.Revision, ONNXFile: o.ONNXFile})
	if err != nil {
		return err
	}
	var r *inspect.Report
	if isStatic {
		r, err = inspect.Static(folder.Dir)
	} else {
		r, err = inspect.Teacher(folder.Dir, o.ONNXFile)
	}
	if err != nil {
		return err
	}
	r.Name = folder.Name
	if o.JSON {
		err = printJSON(a.stdout, r)
	} else {
		err = printReport(a.stdout, r)
	}
	if err != nil {
		return err
	}
	return o.gate(r)
}

// gate is the error of a folder with faults or, with --strict, warnings.
func (o inspectOptions) gate(r *inspect.Report) error {
	switch {
	case len(r.Faults) > 0:
		return gateError{fmt.Errorf("%s: %s", o.Ref, number(len(r.Faults), "fault"))}
	case o.Strict && len(r.Warnings) > 0:
		return gateError{fmt.Errorf("%s: %s", o.Ref, number(len(r.Warnings), "warning"))}
	}
	return nil
}

// number says how many of something there are: "1 fault", "2 faults".
func number(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// printReport writes the findings as a table for people.
func printReport(w io.Writer, x *inspect.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("kind", "%s", x.Kind)
	if x.Name != "" {
		line("name", "%s", x.Name)
	}
	tok := x.Tokenizer
	line("tokenizer", "%s, %d tokens, %d added", tok.Kind, tok.Tokens, tok.Added)
	line("special tokens", "unk %q, pad %q, ids %v before and %v after a text", tok.Unk, tok.Pad, tok.Before, tok.After)
	if s := x.Student; s != nil {
		line("layout", "%s", s.Layout)
		line("rows", "%d × %d %s, %s", s.Rows, s.Dims, s.Type, megabytes(int64(s.Bytes)))
		line("clusters", "%t", s.Clusters)
		line("weights", "%t", s.Weights)
		line("normalize", "%t", s.Normalize)
		line("max length", "%d", s.MaxLength)
	}
	if g := x.Teacher; g != nil {
		line("graph", "%s, %s", g.File, megabytes(g.Bytes))
		line("inputs", "%s", strings.Join(g.Inputs, ", "))
		line("outputs", "%s", strings.Join(g.Outputs, ", "))
		line("width", "%d", g.Width)
		line("embedding table", "%d rows", g.Rows)
		line("positions", "%d", g.Positions)
		line("pooling", "%s", orNone(g.TrainedPooling))
		line("quantized", "%s", orNone(g.Quantized))
		line("normalize", "%t", g.Normalize)
	}
	if m := x.Manifest; m != nil {
		line("made by", "%s %s", m.Tool, m.Version)
		line("teacher", "%s", orNone(m.Teacher.Name))
	}
	for _, fault := range x.Faults {
		line("fault", "%s", oneLine(fault))
	}
	for _, warning := range x.Warnings {
		line("warning", "%s", oneLine(warning))
	}
	return t.Flush()
}

func orNone(s string) string {
	if s == "" {
		return "(not said)"
	}
	return s
}
