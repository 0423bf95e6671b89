package distill

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/tokenizer"
)

// Fitted is one of several students of the same texts.
type Fitted struct {
	// Texts is how many of the texts it is fitted to, from the first one on; 0: all.
	Texts   int
	Options Options
}

// FitEach is Fit for several students of the same lessons, which use gets with their
// numbers, one at a time and in no certain order. Each has the bytes that Fit gives it
// from its texts alone. What they share is done once: the texts' tokens, the passes over
// the vectors (fit.SolveEach), and the rows of students that differ in how they are
// stored alone.
//
// Report.Times.Fit, which is there when FitEach returns, is the student's part of the
// whole time, by its number of texts.
func FitEach(ctx context.Context, t *teacher.Teacher, pass teacher.Pass, lessons []Lesson, list []Fitted, progress teacher.Progress, use func(i int, s *Student) error) error {
	f := &fitting{teacher: t, pass: pass, lessons: lessons, progress: progress, reports: make([]*Report, len(list)), use: use}
	if err := f.examine(ctx, list); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	for _, same := range f.bySameTokens() {
		if err := f.fitSame(ctx, same); err != nil { // V×D each
			return err
		}
	}
	return nil
}

// fitting is FitEach under way.
type fitting struct {
	teacher  *teacher.Teacher
	pass     teacher.Pass
	lessons  []Lesson
	list     []Fitted // Texts is never 0
	sums     map[int]string
	progress teacher.Progress
	reports  []*Report
	use      func(int, *Student) error
}

// examine refuses what cannot be, and fills list and sums: for each number of texts, the
// SHA-256 of so many.
func (f *fitting) examine(ctx context.Context, list []Fitted) error {
	for _, one := range list {
		if err := one.Options.checkFit(f.teacher); err != nil {
			return err
		}
	}
	if len(f.lessons) == 0 {
		return errors.New("distill: no vectors of texts")
	}
	n := f.lessons[0].Vectors.Len()
	if err := enough(n); err != nil {
		return err
	}
	f.list = slices.Clone(list)
	var counts []int
	for i := range f.list {
		one := &f.list[i]
		if one.Texts == 0 {
			one.Texts = n
		}
		if one.Texts > n {
			return fault.Option("fit-texts", one.Texts, ": there are only %d texts", n)
		}
		if err := enough(one.Texts); err != nil {
			return err
		}
		counts = append(counts, one.Texts)
	}
	var err error
	f.sums, err = sumTexts(ctx, f.lessons, counts)
	return err
}

// bySameTokens groups the numbers of students that have the same vocabulary and read texts
// in the same way. Where words of the texts get rows, the texts are the same, too.
func (f *fitting) bySameTokens() [][]int {
	type key struct{ words, phrases, length, texts int }
	var keys []key
	var out [][]int
	for i, one := range f.list {
		k := key{one.Options.Words, one.Options.Phrases, one.Options.MaxLength, 0}
		if k.words+k.phrases > 0 {
			k.texts = one.Texts
		}
		at := slices.Index(keys, k)
		if at < 0 {
			keys, out, at = append(keys, k), append(out, nil), len(keys)
		}
		out[at] = append(out[at], i)
	}
	return out
}

// fitSame makes the students with these numbers, whose tokens are the same.
func (f *fitting) fitSame(ctx context.Context, same []int) error {
	start, o := time.Now(), f.list[same[0]].Options
	v, n, all := f.teacher.Vocabulary, 0, 0
	for _, i := range same {
		n, all = max(n, f.list[i].Texts), all+f.list[i].Texts
	}
	texts := firstTexts{f.lessons[0].Vectors, n}
	common := &Report{Rows: len(v.Tokens), Counts: v.Counts}
	common.warn(v.Warnings...)
	words, err := findWords(ctx, v, texts, o, common)
	if err != nil {
		return err
	}
	common.Rows += words.len()
	tokens, err := tokenize(ctx, v, words, texts, o) // S, N×V
	if err != nil {
		return err
	}
	defer tokens.Close()
	problems, students, err := f.problems(same, words)
	if err != nil {
		return err
	}
	var used time.Duration
	err = fit.SolveEach(ctx, tokens, f.blocks(n), problems, func(k int, r *fit.Result) error { // V×D
		begun := time.Now()
		file := v.File
		if words != nil {
			words.merge(r.Rows)
			file = words.file
		}
		for _, i := range students[k] {
			report := *common
			report.Warnings = slices.Clone(common.Warnings)
			report.fitted(f.lessons, v, r, f.sums[f.list[i].Texts])
			if words != nil {
				report.Fit.Words, report.Fit.Phrases = words.words, words.len()-words.words
			}
			model, err := report.model(ctx, file, r.Rows, f.list[i].Options)
			if err != nil {
				return err
			}
			report.passed(f.teacher, f.pass)
			f.reports[i] = &report
			if err := f.use(i, &Student{model, &report, describe(f.teacher, f.list[i].Options, &report)}); err != nil {
				return err
			}
		}
		used += time.Since(begun)
		return nil
	})
	spent := time.Since(start) - used
	for _, i := range same {
		if f.reports[i] != nil {
			f.reports[i].Times.Fit = spent * time.Duration(f.list[i].Texts) / time.Duration(all)
		}
	}
	return err
}

// problems returns what is to be solved for students with these numbers, and which of
// them each solution makes: those that are stored in different ways have the same rows.
func (f *fitting) problems(same []int, words *wholeWords) (problems []fit.Problem, students [][]int, err error) {
	var of []Fitted // of each problem, without how it is stored
	for _, i := range same {
		one := f.list[i]
		bare := Fitted{one.Texts, Options{
			Dims: one.Options.Dims, Whiten: one.Options.Whiten, SIF: one.Options.SIF, Ridge: one.Options.Ridge, MapPrior: one.Options.MapPrior,
			Holdout: one.Options.Holdout, FitSteps: one.Options.FitSteps, Threads: one.Options.Threads,
		}}
		at := slices.Index(of, bare)
		if at < 0 {
			p, err := f.problem(one, words)
			if err != nil {
				return nil, nil, err
			}
			of, problems, students, at = append(of, bare), append(problems, p), append(students, nil), len(of)
		}
		students[at] = append(students[at], i)
	}
	return problems, students, nil
}

// problem is what package fit solves for a student.
func (f *fitting) problem(one Fitted, words *wholeWords) (fit.Problem, error) {
	o, tokens := one.Options, len(f.teacher.Vocabulary.Tokens)
	weights := slices.Repeat([]float64{1}, tokens) // V
	if o.SIF.String() != "none" {
		var err error
		if weights, err = o.SIF.Weights(tokens); err != nil {
			return fit.Problem{}, fmt.Errorf("distill: %w", err)
		}
	}
	settings := fit.DefaultOptions()
	settings.Dims, settings.Whiten, settings.Ridge = o.Dims, o.Whiten, o.Ridge
	settings.MapPrior, settings.Words = o.MapPrior, words.len()
	settings.Holdout, settings.Steps, settings.Threads = o.Holdout, o.FitSteps, o.Threads
	if f.progress != nil {
		settings.Progress = func(stage fit.Stage, done, total int) {
			unit := "steps"
			if stage == fit.ReadVectors {
				unit = "texts"
			}
			f.progress(string(stage), unit, done, total)
		}
	}
	return fit.Problem{Texts: one.Texts, Weights: weights, Options: settings}, nil
}

// blocks are the lessons' teachers as package fit takes them, of the first n texts.
func (f *fitting) blocks(n int) []fit.Block {
	blocks := make([]fit.Block, len(f.lessons))
	for k, l := range f.lessons {
		source := l.Vectors
		blocks[k].Vectors = fit.Stream(n, source.Width(), func(ctx context.Context, visit func(int, *matrix.Matrix) error) error {
			return source.Each(ctx, func(first int, _ []string, y *matrix.Matrix) error { return visit(first, y) })
		})
		if rows := l.of(f.teacher.Vocabulary.Tokens); rows != nil {
			blocks[k].Rows = rows.Matrix
		}
	}
	return blocks
}

// model is the student of fitted rows (V×D).
func (r *Report) model(ctx context.Context, file *tokenizer.File, rows *matrix.Matrix, o Options) (*static.Model, error) {
	start := time.Now()
	table, err := r.store(rows, o.Type)
	if err != nil {
		return nil, err
	}
	model, err := static.New(file, table, nil, nil, static.Config{Normalize: o.Normalize, MaxLength: o.MaxLength})
	if err == nil && o.Clusters > 0 {
		r.Clusters = o.Clusters
		model, err = quantize.Model(ctx, model, quantize.Options{Type: table.Type, Clusters: o.Clusters, Seed: o.Seed}) // k×D
	}
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	r.Times.Store = time.Since(start)
	return model, nil
}

// A texter is what of a features.Source has no vectors.
type texter interface {
	Texts(ctx context.Context, visit func(first int, texts []string) error) error
}

// firstTexts are the first n texts of a source.
type firstTexts struct {
	source texter
	n      int
}

// errLast ends a pass over texts.
var errLast = errors.New("distill: the last text")

func (f firstTexts) Texts(ctx context.Context, visit func(first int, texts []string) error) error {
	err := f.source.Texts(ctx, func(first int, texts []string) error {
		if first >= f.n {
			return errLast
		}
		return visit(first, texts[:min(len(texts), f.n-first)])
	})
	if errors.Is(err, errLast) {
		return nil
	}
	return err
}
