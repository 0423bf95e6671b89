package ablate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/model"
)

// score scores the students, whose folders are in dir, and the models to compare them
// with, which get rows of their own, and measures the speed of all. Without tasks it does
// nothing.
func (r *run) score(ctx context.Context, dir string) error {
	if r.Tasks == nil {
		return nil
	}
	var models []contestant // one for each row
	for i, s := range r.students {
		ref := filepath.Join(dir, s.folder)
		m, err := r.scoreRow(ctx, &r.report.Rows[i], ref)
		if err != nil {
			return fmt.Errorf("variant %s: %w", s.Name, err)
		}
		models = append(models, m)
	}
	for _, ref := range r.Compare {
		row := Row{Name: freeName(nameOf(ref), r.report.Rows), Kind: KindModel}
		m, err := r.scoreRow(ctx, &row, ref)
		switch {
		case ctx.Err() != nil:
			return err
		case err != nil: // the others are scored all the same
			r.report.warn(nameOf(ref) + " could not be scored")
			if r.Unscored != nil {
				r.Unscored(ref, err)
			}
		default:
			r.report.Rows = append(r.report.Rows, row)
			models = append(models, m)
		}
	}
	r.report.Averages = slices.Clone(r.report.Rows[0].Averages)
	for i := range r.report.Averages { // they tell of coverage
		r.report.Averages[i].Score, r.report.Averages[i].Whole = 0, false
	}
	return r.measure(ctx, models)
}

// scoreRow scores the model that ref names, a folder or as package model has it, and
// returns how its speed is measured.
func (r *run) scoreRow(ctx context.Context, row *Row, ref string) (c contestant, err error) {
	m, err := model.OpenAny(ctx, ref, r.modelOptions())
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	o := model.ScoreOptions{Seed: eval.DefaultSeed, Cache: r.Cache, Library: r.library}
	if tell := r.Progress.Stage("eval "+filepath.Base(row.Name), "tasks", len(r.Tasks)); tell != nil {
		o.Progress = func(done, _ int, _ eval.Result) { tell(done) }
	}
	results, err := model.Score(ctx, m, r.Tasks, o)
	if err != nil {
		return c, err
	}
	for _, w := range m.Warnings() {
		if !slices.Contains(row.Warnings, w) {
			row.Warnings = append(row.Warnings, w)
			r.warn(w)
		}
	}
	row.Tasks, row.Columns, row.Averages = results.Tasks, results.Columns(), results.Averages()
	size := m.Size()
	row.Tokens, row.Dims, row.Parameters, row.Bytes = size.Tokens, size.Dims, size.Parameters, size.Bytes
	if r.Scored != nil {
		r.Scored(row.Name, results.Tasks)
	}
	return contestant{row.Name, shapeOf(m, ref), func(ctx context.Context) (eval.Encoder, func() error, error) {
		again, err := model.OpenAny(ctx, ref, r.modelOptions())
		if err != nil {
			return nil, nil, err
		}
		return again, again.Close, nil
	}}, nil
}

// shapeOf says what a static model's work for a text depends on: how many tokens, which
// rows, and what is done with them. Another model is a shape of its own.
func shapeOf(m model.Model, ref string) string {
	s, ok := m.(*model.Student)
	if !ok {
		return "model " + ref
	}
	kind := ""
	if f, err := s.Static.TokenizerFile(); err == nil {
		kind = f.Model.Kind
	}
	return fmt.Sprint(kind, s.Size(), s.Static.Table().Type, s.Static.Weights() != nil, s.Static.Mapping() != nil, s.Static.Config().Normalize)
}

// modelOptions open a model as its files say.
func (r *run) modelOptions() model.Options { return model.Options{Find: r.Find, Runtime: r.Runtime} }

// measure fills the rows' speeds: one model of each shape takes part, and the others of
// the shape, which do the same work, get its numbers. A speed that cannot be measured is
// a warning.
func (r *run) measure(ctx context.Context, models []contestant) error {
	rng := rand.New(rand.NewPCG(eval.DefaultSeed, 0))
	var tasks []eval.Task // whose data can be read
	for i, t := range r.Tasks {
		if !r.report.Rows[0].Tasks[i].Failed() {
			tasks = append(tasks, t)
		}
	}
	texts, err := drawTexts(ctx, tasks, eval.DefaultSeed, rng)
	if err == nil && len(texts) > 0 {
		var first []contestant
		var names []string // of shapes
		for _, m := range models {
			if !slices.Contains(names, m.shape) {
				first, names = append(first, m), append(names, m.shape)
			}
		}
		var speeds []speed
		if speeds, err = measure(ctx, first, texts, rng, time.Now); err == nil {
			for i, m := range models {
				s := speeds[slices.Index(names, m.shape)]
				row := &r.report.Rows[i]
				row.Speed, row.SpeedLow, row.SpeedHigh = s.Median, s.Low, s.High
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		r.warn(fmt.Sprintf("speed is not measured: %v", err))
	}
	return ctx.Err()
}

// nameOf is how a report calls a model: a folder or files by their base names, never by
// a path.
func nameOf(ref string) string {
	if f, ok, err := model.ParseFiles(ref); ok && err == nil {
		return f.Name()
	}
	if _, err := os.Stat(ref); err != nil && !filepath.IsAbs(ref) && !strings.HasPrefix(ref, ".") {
		return ref // a Hub id
	}
	if whole, err := filepath.Abs(ref); err == nil {
		ref = whole
	}
	return filepath.Base(ref)
}

// freeName numbers a name that a row has already.
func freeName(name string, rows []Row) string {
	free := name
	for n := 2; slices.ContainsFunc(rows, func(r Row) bool { return r.Name == free }); n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}
