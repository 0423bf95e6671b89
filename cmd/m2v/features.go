package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/store"
)

// featuresOptions is the command line of m2v features.
type featuresOptions struct {
	Dirs   []string
	Check  bool
	Merge  bool
	Repair bool
	Out    string   // of Merge; "" is the only folder
	From   []string // of Repair
	JSON   bool
}

func newFeaturesCommand(run func(context.Context, featuresOptions) error) *cobra.Command {
	var o featuresOptions
	cmd := &cobra.Command{
		Use:   "features DIR… [--check | --merge | --repair]",
		Short: "List, check, merge and repair folders of m2v featurize",
		Long: `Features lists folders of m2v featurize: their texts, files and bytes, and which shares
of the work are there. --check reads all files and compares their SHA-256; exit code 3 if
one is missing or damaged. --merge makes features of the shares of --shard, byte for byte
what one process would have left, in DIR or in -o OUT. --repair copies missing or
damaged files from the folders of --from, and removes what killed processes left. Run
m2v featurize as before to make the files that no folder has.

` + exitCodesWith("3 files are missing or damaged"),
		Example: "  m2v features features --merge",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Dirs = list
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.Check, "check", false, "read all files and compare their SHA-256")
	f.BoolVar(&o.Merge, "merge", false, "merge the shares into one folder of features")
	f.StringVarP(&o.Out, "output", "o", "", "the folder that --merge writes (default: DIR, where it is one)")
	f.BoolVar(&o.Repair, "repair", false, "replace missing and damaged files, and remove temporary ones")
	f.StringArrayVar(&o.From, "from", nil, "a folder that --repair may take files from; give it again for more")
	f.BoolVar(&o.JSON, "json", false, "print the list as JSON")
	return cmd
}

func (o *featuresOptions) check() error {
	switch {
	case o.Check && (o.Merge || o.Repair), o.Merge && o.Repair:
		return usagef("--check, --merge and --repair: give one of them")
	case !o.Merge && o.Out != "":
		return usagef("--output has no effect without --merge")
	case !o.Repair && o.From != nil:
		return usagef("--from has no effect without --repair")
	case o.Merge && o.Out == "" && len(o.Dirs) > 1:
		return withHint(usagef("%d folders and none to merge them to", len(o.Dirs)), "name one with -o OUT")
	}
	if o.Out == "" {
		o.Out = o.Dirs[0]
	}
	return nil
}

func runFeatures(ctx context.Context, a *app, o featuresOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	dirs, err := a.folders(o.Dirs)
	if err != nil {
		return err
	}
	switch {
	case o.Merge:
		err = a.mergeFeatures(ctx, o, &dirs)
	case o.Repair:
		err = a.repairFeatures(ctx, o, dirs)
	}
	if err != nil {
		return err
	}
	faults := 0
	list := []*features.Content{}
	for _, dir := range dirs {
		c, err := features.Look(ctx, dir)
		if err == nil && (o.Check || o.Repair) {
			err = c.Check(ctx)
		}
		if err != nil {
			return err
		}
		faults += len(c.Faults)
		list = append(list, c)
	}
	table := func(w io.Writer) {
		for _, c := range list {
			c.WriteText(w)
		}
	}
	if err := a.Print(o.JSON, list, table); err != nil || faults == 0 {
		return err
	}
	return withHint(gateError{fmt.Errorf("features: missing or damaged: %s", plain.Count(faults, "file"))}, "run m2v featurize as before: it makes them anew")
}

// mergeFeatures merges dirs to o.Out, which dirs is then.
func (a *app) mergeFeatures(ctx context.Context, o featuresOptions, dirs *[]store.Folder) error {
	out, err := a.folders([]string{o.Out})
	if err != nil {
		return err
	}
	_, err = features.Merge(ctx, out[0], *dirs...)
	*dirs = out
	return err
}

// repairFeatures tells what it did to each folder.
func (a *app) repairFeatures(ctx context.Context, o featuresOptions, dirs []store.Folder) error {
	from, err := a.folders(o.From)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		r, err := features.Repair(ctx, dir, from...)
		if err != nil {
			return err
		}
		a.Notef("%s: copied %s, removed %s", dir.Path(""), plain.Count(len(r.Copied), "file"), plain.Count(len(r.Removed), "temporary file"))
	}
	return nil
}
