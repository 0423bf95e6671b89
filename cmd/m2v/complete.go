package main

import (
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/matrix"
)

// flagValues are the values that a shell offers for a flag, by its name.
func flagValues() map[string][]string {
	pooling := []string{"mean", "first", "last", "token", "pooler"}
	values := map[string][]string{
		"pooling": pooling, "text-pooling": pooling,
		"source": {"output", "input"}, "special-tokens": {"bos-eos", "eos-bos", "none"},
		"pca-dims": {"64", "128", "256", "512", "auto", "none"}, "sif-coefficient": {"1e-4", "log", "none"},
		"input-format": {"lines", "jsonl", "csv", "tsv", "parquet", "whole"}, "log-format": {"text", "json"},
		"format": {"npy", "safetensors", "jsonl", "parquet", "raw"}, "dtype": {"float32", "float16"},
	}
	for _, r := range allRecipes() {
		values["recipe"] = append(values["recipe"], r.Name)
	}
	for _, t := range matrix.Types {
		values["quantize-to"] = append(values["quantize-to"], t.String())
	}
	values["columns"] = []string{eval.Own}
	for _, c := range eval.Columns {
		values["columns"] = append(values["columns"], string(c))
	}
	return values
}

// completeValues lets shells offer values of flags, data sets and models of the Hub's cache.
func completeValues(root *cobra.Command) {
	values := flagValues()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		add := func(f *pflag.Flag) {
			if list := values[f.Name]; list != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
			}
			if f.Name == "tasks" {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, completeTasks)
			}
		}
		ownFlags(cmd, add)
		if cmd.ValidArgsFunction == nil && strings.ContainsAny(strings.TrimPrefix(cmd.Use, cmd.Name()), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			cmd.ValidArgsFunction = completeModels
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
}

// ownFlags calls visit for each flag of the command itself. It merges no flags, as
// LocalFlags does, which took a tenth of a short run.
func ownFlags(cmd *cobra.Command, visit func(*pflag.Flag)) {
	cmd.Flags().VisitAll(visit)
	cmd.PersistentFlags().VisitAll(visit)
}

// completeTasks lists the data sets of the folder that --data names.
func completeTasks(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	tasks, _ := eval.Tasks(cmd.Flag("data").Value.String()) // no folder: nothing to offer
	for _, t := range tasks {
		names = append(names, t.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeModels lists the models that the Hub's cache has, beside files and folders.
func completeModels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	home, _ := os.UserHomeDir()                          // without one the cache is below the working folder
	cache := hub.ConfigFromEnv(os.Getenv, home).Cache    //nolint:forbidigo // cobra gives completions no app
	found, _ := fs.Glob(os.DirFS(cache), "models--*--*") // the folder's own path may hold any sign
	for i, name := range found {
		found[i] = strings.ReplaceAll(strings.TrimPrefix(name, "models--"), "--", "/")
	}
	slices.Sort(found)
	return found, cobra.ShellCompDirectiveDefault
}
