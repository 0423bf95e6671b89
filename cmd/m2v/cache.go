package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/kept"
	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/internal/progress"
)

func newCacheCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "List what m2v keeps between runs, and how large it is",
		Long: `Cache lists m2v's cache folder: the rows of teachers, their vectors of texts
(features), scores (eval), and ONNX Runtime. Models are in the Hub's cache, which other
programs share.

` + exitCodesHelp,
		Example: "  m2v cache",
		Args:    unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			dir, err := a.cacheFolder()
			if err != nil {
				return err
			}
			list, err := kept.List(dir)
			if err != nil {
				return err
			}
			return a.printParts(dir, list, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	cmd.AddCommand(newCachePruneCommand(a))
	return cmd
}

func newCachePruneCommand(a *app) *cobra.Command {
	var days float64
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use:   "prune [rows|features|eval…]",
		Short: "Remove what m2v keeps between runs",
		Long: `Prune removes the rows of teachers, their vectors of texts and scores from m2v's cache,
all parts or those that are named. A later run makes again what it needs. ONNX Runtime and the
Hub's cache stay.

` + exitCodesHelp,
		Example:   "  m2v cache prune rows --older-than 30",
		ValidArgs: kept.Parts,
		RunE: func(_ *cobra.Command, parts []string) error {
			for _, name := range parts {
				if !slices.Contains(kept.Parts, name) {
					return usagef("%q is not one of %s", name, strings.Join(kept.Parts, ", "))
				}
			}
			if !(days >= 0) {
				return usagef("--older-than %v is not 0 or more", days)
			}
			if len(parts) == 0 {
				parts = kept.Parts
			}
			dir, err := a.cacheFolder()
			if err != nil {
				return err
			}
			list, err := kept.Prune(dir, parts, time.Now().Add(-time.Duration(days*24*float64(time.Hour))), dry)
			if err != nil {
				return err
			}
			return a.printParts(dir, list, asJSON)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&days, "older-than", 0, "remove only files that were written more than this many days ago")
	f.BoolVar(&dry, "dry-run", false, "list what would be removed, and remove nothing")
	f.BoolVar(&asJSON, "json", false, "print what was removed, as JSON")
	return cmd
}

// cacheFolder is cacheDir, or an error where there is none.
func (a *app) cacheFolder() (string, error) {
	if dir := a.cacheDir(); dir != "" {
		return dir, nil
	}
	return "", withHint(fmt.Errorf("cache: no folder for it"), "export XDG_CACHE_HOME=DIR")
}

func (a *app) printParts(dir string, list []kept.Part, asJSON bool) error {
	return a.Print(asJSON, map[string]any{"path": dir, "parts": list}, func(w io.Writer) {
		fmt.Fprintf(w, "path\t%s\n", dir)
		for _, p := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\n", p.Name, progress.Bytes(int(p.Bytes)), plain.Count(p.Files, "file"))
		}
	})
}
