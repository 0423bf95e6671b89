package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/inspect"
	"github.com/m2v-dev/m2v/internal/plain"
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
tokenizer, and the faults that such models are known for: a stale unk_id, padding or
truncation in tokenizer.json, a missing unknown token, ids without a row.

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
	return cmp.Or(a.Print(o.JSON, r, r.WriteText), o.gate(r))
}

// gate is the error of a folder with faults or, with --strict, warnings.
func (o inspectOptions) gate(r *inspect.Report) error {
	switch {
	case len(r.Faults) > 0:
		return gateError{fmt.Errorf("%s: %s", o.Ref, plain.Count(len(r.Faults), "fault"))}
	case o.Strict && len(r.Warnings) > 0:
		return gateError{fmt.Errorf("%s: %s", o.Ref, plain.Count(len(r.Warnings), "warning"))}
	}
	return nil
}
