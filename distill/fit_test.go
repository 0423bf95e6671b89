package distill_test

import (
	"context"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
)

// fitGolden is what bin/fit-oracle.py solves; testdata/gen/distill_fit.py writes it.
type fitGolden struct {
	Texts      []string
	IDs        [][]int
	Vocabulary int
	Widths     []int
	Sample     []int // the tokens whose rows each case has
	Cases      []struct {
		Name    string
		Lessons []struct {
			Number int
			Rows   bool
		}
		Options struct {
			D             int
			Whiten, Ridge *float64
		}
		Rows [][]float64
	}
}

// source is a features.Source in memory, in batches of 20 texts.
type source struct {
	texts []string
	y     *matrix.Matrix
	err   error // of a pass, after the first batch
}

func (s source) Len() int   { return len(s.texts) }
func (s source) Width() int { return s.y.Cols }

func (s source) Each(_ context.Context, visit func(int, []string, *matrix.Matrix) error) error {
	for first := 0; first < len(s.texts); first += 20 {
		end := min(first+20, len(s.texts))
		y := &matrix.Matrix{Rows: end - first, Cols: s.y.Cols, Data: s.y.Data[first*s.y.Cols : end*s.y.Cols]}
		if err := visit(first, s.texts[first:end], y); err != nil {
			return err
		}
		if s.err != nil {
			return s.err
		}
	}
	return nil
}

func (s source) Texts(ctx context.Context, visit func(int, []string) error) error {
	return s.Each(ctx, func(first int, texts []string, _ *matrix.Matrix) error { return visit(first, texts) })
}

// made are the numbers of testdata/gen/distill_fit.py's function of that name.
func made(rows, width, seed int) *matrix.Matrix {
	m := matrix.New(rows, width)
	for i := range rows {
		for j := range width {
			n := i*7919 + j*104729 + seed
			m.Row(i)[j] = float32((float64(n*n%1000003*(n%997+1)%2003)/1000 - 1) / float64(1+j))
		}
	}
	return m
}

// tinyVocabulary is the tiny teacher's vocabulary, without its graph.
func tinyVocabulary(t *testing.T) *teacher.Teacher {
	t.Helper()
	tiny, err := teacher.WithoutGraph(filepath.Join(testenv.Root(), "testdata/tiny-bert"), teacher.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return tiny
}

// lesson is the golden's lesson of a number.
func (g *fitGolden) lesson(number int, rows bool, tokens []string) distill.Lesson {
	l := distill.Lesson{
		Vectors: source{texts: g.Texts, y: made(len(g.Texts), g.Widths[number], 200+number)},
		Teacher: export.TextTeacher{Name: "made/up", Revision: string(rune('a' + number))},
	}
	if rows {
		l.Rows = &features.Rows{Tokens: tokens, Matrix: made(len(tokens), g.Widths[number], 100+number)}
	}
	return l
}

// fitOptions are those of the oracle: rows as they are solved for, all texts taught.
func fitOptions(dims int) distill.Options {
	o := distill.DefaultOptions()
	o.Dims = pca.Dims{Mode: pca.Count, Count: dims}
	o.Whiten, o.Ridge, o.Holdout, o.FitSteps, o.Type = 0.25, 0.1, 0, 200, matrix.Float32
	return o
}

// TestFitEqualsTheOracle: from texts and lessons to the student's rows, as another program
// solves for them. Its solve ends at a residual of 1e-6, ours at fit's default of 1e-3,
// which is why rows are that far apart; package fit compares the same solves to 1e-6.
func TestFitEqualsTheOracle(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	if v := len(tiny.Vocabulary.Tokens); v != g.Vocabulary {
		t.Fatalf("%d tokens, the golden has %d", v, g.Vocabulary)
	}
	for _, tc := range g.Cases {
		t.Run(tc.Name, func(t *testing.T) {
			o := fitOptions(tc.Options.D)
			if tc.Options.Whiten != nil {
				o.Whiten = *tc.Options.Whiten
			}
			if tc.Options.Ridge != nil {
				o.Ridge = *tc.Options.Ridge
			}
			var lessons []distill.Lesson
			width := 0
			for _, l := range tc.Lessons {
				lessons = append(lessons, g.lesson(l.Number, l.Rows, tiny.Vocabulary.Tokens))
				width += g.Widths[l.Number]
			}
			student, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, lessons, o, nil)
			if err != nil {
				t.Fatal(err)
			}
			apart, size := 0.0, 0.0
			table := student.Table().Matrix()
			for i, token := range g.Sample {
				for j, want := range tc.Rows[i] {
					apart = math.Hypot(apart, float64(table.Row(token)[j])-want)
					size = math.Hypot(size, want)
				}
			}
			if !(apart <= 5e-3*size) {
				t.Errorf("rows differ by %.2g of their norm", apart/size)
			}
			checkFitReport(t, &g, student, tc.Lessons[len(tc.Lessons)-1].Rows, width)
		})
	}
}

// checkFitReport checks the counts of a report, which follow from the golden's ids.
func checkFitReport(t *testing.T, g *fitGolden, student *distill.Student, lastHasRows bool, width int) {
	t.Helper()
	seen, noTokens := map[int]bool{}, 0
	unknown := slices.Index(tinyVocabulary(t).Vocabulary.Tokens, "[UNK]")
	for _, ids := range g.IDs {
		known := 0
		for _, id := range ids {
			if id != unknown {
				seen[id] = true
				known++
			}
		}
		if known == 0 {
			noTokens++
		}
	}
	f := student.Report.Fit
	if f.Texts+f.NoTokens != len(g.Texts) || f.NoTokens != noTokens || noTokens != 1 || f.TokensSeen != len(seen) {
		t.Errorf("%d texts, %d without tokens, %d tokens seen; want %d, %d, %d", f.Texts, f.NoTokens, f.TokensSeen, len(g.Texts)-noTokens, noTokens, len(seen))
	}
	if student.Report.TeacherWidth != width || f.Residual > fit.DefaultOptions().Tolerance || f.HeldOut != 0 || len(f.TextsSHA256) != 64 {
		t.Errorf("width %d, residual %g, held out %d, texts %q; want %d, fit's tolerance, 0 and a SHA-256", student.Report.TeacherWidth, f.Residual, f.HeldOut, f.TextsSHA256, width)
	}
	last := f.Teachers[len(f.Teachers)-1]
	if last.Rows != lastHasRows || last.Name != "made/up" {
		t.Errorf("the manifest says %+v of the last lesson, want rows %v", last, lastHasRows)
	}
	if student.Folder.Manifest.Fit != f || student.Folder.Manifest.Options["ridge"] == nil {
		t.Error("the manifest does not tell of the fit")
	}
	if _, ran := student.Folder.Manifest.Options["batch-size"]; ran {
		t.Error("the manifest names a batch size, and no graph ran")
	}
}

// A token that no text holds has a row of zeros where nothing but texts speaks of it, and
// the user is told how many there are.
func TestFitOfVectorsAloneWarnsOfZeroRows(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	student, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{g.lesson(0, false, nil)}, fitOptions(5), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := student.Report.Fit
	if f.ZeroRows != g.Vocabulary-f.TokensSeen {
		t.Errorf("%d rows of zeros, with %d of %d tokens seen", f.ZeroRows, f.TokensSeen, g.Vocabulary)
	}
	if w := strings.Join(student.Report.Warnings, "\n"); !strings.Contains(w, "tokens are in no text, and their rows are zeros") {
		t.Errorf("warnings %q do not tell of rows of zeros", w)
	}
}

// Rows of another vocabulary do not count, and the student is the one without them.
func TestFitOfAnotherVocabulary(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	other := slices.Clone(tiny.Vocabulary.Tokens)
	slices.Reverse(other)
	run := func(second distill.Lesson) *distill.Student {
		t.Helper()
		lessons := []distill.Lesson{g.lesson(0, true, tiny.Vocabulary.Tokens), second}
		student, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, lessons, fitOptions(6), nil)
		if err != nil {
			t.Fatal(err)
		}
		return student
	}
	got, want := run(g.lesson(1, true, other)), run(g.lesson(1, false, nil))
	if !slices.Equal(got.Table().Bytes, want.Table().Bytes) {
		t.Error("rows of another vocabulary have changed the student")
	}
	warned := func(s *distill.Student) bool {
		return strings.Contains(strings.Join(s.Report.Warnings, "\n"), "have another vocabulary")
	}
	if !warned(got) || warned(want) {
		t.Errorf("warnings %q and %q: only the first is of another vocabulary", got.Report.Warnings, want.Report.Warnings)
	}
}

// A fit holds texts out, shares rows among tokens, tells how far it is, and writes a folder
// that opens.
func TestFitStoresAndWrites(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	o := fitOptions(5)
	o.Holdout, o.Clusters, o.Type = 0.2, 40, matrix.Int8
	stages := map[string]string{}
	progress := func(stage, unit string, _, _ int) { stages[stage] = unit }
	student, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{g.lesson(0, true, tiny.Vocabulary.Tokens)}, o, progress)
	if err != nil {
		t.Fatal(err)
	}
	if f := student.Report.Fit; f.HeldOut < 3 || f.HeldOut > 20 || !(math.Abs(f.Before) <= 1) || !(math.Abs(f.After) <= 1) || f.Before == f.After {
		t.Errorf("%d texts held out, cosine %v before and %v after", f.HeldOut, f.Before, f.After)
	}
	if want := map[string]string{"vectors": "texts", "held-out solve": "steps", "solve": "steps"}; !maps.Equal(stages, want) {
		t.Errorf("progress told of %v, want %v", stages, want)
	}
	dir := filepath.Join(t.TempDir(), "student")
	if err := student.Write(t.Context(), dir, export.Options{}); err != nil {
		t.Fatal(err)
	}
	m, err := static.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if table := m.Table(); table.Rows != 40 || table.Type != matrix.Int8 || len(m.Mapping()) != g.Vocabulary {
		t.Errorf("the folder has %d rows of %s for %d tokens", table.Rows, table.Type, len(m.Mapping()))
	}
}

func TestFitRefuses(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	one := g.lesson(0, true, tiny.Vocabulary.Tokens)
	others := one
	others.Vectors = source{texts: append([]string{"another text"}, g.Texts[1:]...), y: made(len(g.Texts), 3, 1)}
	broken := one
	broken.Vectors = source{texts: g.Texts, y: made(len(g.Texts), 3, 1), err: context.DeadlineExceeded}
	for name, tc := range map[string]struct {
		lessons []distill.Lesson
		change  func(*distill.Options)
		want    string
	}{
		"no lesson":         {nil, nil, "no vectors of texts"},
		"other texts":       {[]distill.Lesson{one, others}, nil, "were made from different texts"},
		"broken vectors":    {[]distill.Lesson{broken}, nil, context.DeadlineExceeded.Error()},
		"no PCA":            {[]distill.Lesson{one}, func(o *distill.Options) { o.Dims.Mode, o.Whiten = pca.None, 0 }, "needs components"},
		"dropped":           {[]distill.Lesson{one}, func(o *distill.Options) { o.Drop = 1 }, "keeps all components"},
		"too many clusters": {[]distill.Lesson{one}, func(o *distill.Options) { o.Clusters = 1 << 20 }, "1048576 vocabulary clusters"},
		"no length":         {[]distill.Lesson{one}, func(o *distill.Options) { o.MaxLength = 0 }, "max length 0"},
		"bad ridge":         {[]distill.Lesson{one}, func(o *distill.Options) { o.Ridge = -1 }, "-1"},
		"bad weights":       {[]distill.Lesson{one}, func(o *distill.Options) { o.SIF.Value = 2 }, "2"},
	} {
		o := fitOptions(5)
		if tc.change != nil {
			tc.change(&o)
		}
		if _, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, tc.lessons, o, nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, tc.want)
		}
	}
}
