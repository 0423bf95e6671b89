package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/model"
)

// pullOptions is the command line of m2v pull.
type pullOptions struct {
	Ref, Revision, ONNXFile string
	JSON                    bool
}

func newPullCommand(run func(context.Context, pullOptions) error) *cobra.Command {
	var o pullOptions
	cmd := &cobra.Command{
		Use:   "pull REPO",
		Short: "Fetch a model from the Hugging Face Hub into the cache",
		Long: `Pull fetches the files of a model, a student or a teacher, that m2v reads, and prints
the folder in the Hub's cache that holds them: later runs need no network. Files in
the cache are not fetched again; --refresh asks whether the branch has moved.

` + exitCodesHelp,
		Example: "  m2v pull minishlab/potion-base-8M --refresh",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit (default: main)")
	f.StringVar(&o.ONNXFile, "onnx-file", "", "of a teacher: the graph, in its repository")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	return cmd
}

func runPull(ctx context.Context, a *app, o pullOptions) error {
	folder, isStatic, err := model.Find(ctx, o.Ref, model.Options{Find: a.finder(), Revision: o.Revision, ONNXFile: o.ONNXFile})
	if err != nil {
		return err
	}
	if folder.Commit == "" {
		a.Notef("%s is a folder on this machine: nothing was fetched", o.Ref)
	}
	return a.PrintPath(o.JSON, map[string]any{"path": folder.Dir, "name": folder.Name, "commit": folder.Commit, "static": isStatic}, folder.Dir)
}
