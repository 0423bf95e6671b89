package model

import (
	"context"
	"path/filepath"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
)

// ScoreOptions say how a model is scored.
type ScoreOptions struct {
	Seed uint64 // of what protocols draw by chance; eval.DefaultSeed gives the published draws
	// Cache is m2v's cache folder, where finished tasks are kept, and a teacher's vectors
	// of their texts; "" keeps nothing.
	Cache string
	// Library names what multiplies matrices, with its version: scores of another are made
	// anew.
	Library  string
	Progress func(done, of int, r eval.Result) // of the tasks; may be nil
}

// Score scores m on tasks, which eval.Tasks lists.
func Score(ctx context.Context, m Model, tasks []eval.Task, o ScoreOptions) (*eval.Results, error) {
	run, enc := eval.Options{Seed: o.Seed, Progress: o.Progress}, eval.Encoder(m)
	if o.Cache != "" {
		id, err := m.Identity()
		if err != nil {
			return nil, err
		}
		run.Cache = &eval.Cache{Dir: filepath.Join(o.Cache, "eval"), Model: id, Program: export.Version, Library: o.Library}
		if t, ok := m.(*Teacher); ok {
			enc = keepTexts(t, id, o.Cache)
		}
	}
	return eval.Run(ctx, enc, tasks, run)
}
