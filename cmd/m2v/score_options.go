package main

import (
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/eval"
)

// scoreOptions say what a command that compares models scores them on.
type scoreOptions struct {
	Data    string // "" for no scores
	Columns []string
	Tasks   []string
	NoCache bool // score what was scored before, too
}

// addFlags adds the flags but for --no-cache, which commands word themselves.
func (o *scoreOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Data, "data", "", "folder of data sets to score on, as m2v eval takes it")
	f.StringSliceVar(&o.Columns, "columns", nil, "score these columns only; own for data sets of your own")
	f.StringSliceVar(&o.Tasks, "tasks", nil, "score these data sets only")
}

// evalOptions are those of m2v eval for models that are opened with m.
func (o scoreOptions) evalOptions(m modelOptions) evalOptions {
	return evalOptions{modelOptions: m, Data: o.Data, Columns: o.Columns, Tasks: o.Tasks, Seed: eval.DefaultSeed, NoCache: o.NoCache}
}
