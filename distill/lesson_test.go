package distill_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/texts"
)

var studied = []string{
	"a man is playing a guitar", "someone plays an instrument", "the stock market fell today", "wake me up at nine am",
	"a gripping, moving and beautifully acted film", "the movie is dull", "where is the river", "my card was declined",
	"play some jazz music", "the old woman asked about the exchange rate",
	"an old stone bridge", "summer music in the park", "the river below the bridge", "rain is likely tomorrow",
	"a boy rides a horse", "the train to the coast was late", "turn the lights off", "shares rose in early trade",
	"a cat sleeps on the sofa", "how do I change my password",
}

func study() distill.Study { return distill.DefaultStudy() }

// vectorsOf are all vectors of a source.
func vectorsOf(t *testing.T, s features.Source) []float32 {
	t.Helper()
	var all []float32
	err := s.Each(t.Context(), func(_ int, _ []string, y *matrix.Matrix) error { all = append(all, y.Data...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Learn asks a teacher once: the second time its vectors come from the cache, and are the
// same. The lesson's vectors are the teacher's own of these texts.
func TestLearn(t *testing.T) {
	p, cache := provider(t), t.TempDir()
	tiny := tinyTeacher(t, nil)
	told, total := 0, 0
	progress := func(stage, _ string, done, all int) {
		if stage == "texts" {
			told, total = done, all
		}
	}
	first, pass, err := distill.Learn(t.Context(), tiny, p, studied, study(), cache, teacher.RowCache{}, progress)
	if err != nil {
		t.Fatal(err)
	}
	if told != len(studied) || total != len(studied) || pass.Runtime == "" || first.Vectors.Len() != len(studied) || first.Vectors.Width() != 128 {
		t.Errorf("progress %d of %d, runtime %q, %d vectors of %d", told, total, pass.Runtime, first.Vectors.Len(), first.Vectors.Width())
	}
	if !slices.Equal(first.Rows.Tokens, tiny.Vocabulary.Tokens) || first.Rows.Matrix.Rows != len(tiny.Vocabulary.Tokens) {
		t.Errorf("rows of %d tokens, want %d", len(first.Rows.Tokens), len(tiny.Vocabulary.Tokens))
	}
	encoder, err := teacher.OpenTexts(tiny.Folder, teacher.TextOptions{}, p)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	want := matrix.New(len(studied), encoder.Width())
	if err := encoder.Encode(t.Context(), studied, want); err != nil {
		t.Fatal(err)
	}
	got := &matrix.Matrix{Rows: want.Rows, Cols: want.Cols, Data: vectorsOf(t, first.Vectors)}
	for i := range studied {
		if c := matrix.Cosine(got.Row(i), want.Row(i)); !(c > 0.9999) { // vectors lie there as float16
			t.Errorf("%q: cosine %v to the teacher's vector", studied[i], c)
		}
	}
	before := folders(t, cache)
	again, _, err := distill.Learn(t.Context(), tiny, p, studied, study(), cache, teacher.RowCache{}, nil)
	if err != nil || !slices.Equal(vectorsOf(t, again.Vectors), got.Data) || len(before) != 1 || !slices.Equal(folders(t, cache), before) {
		t.Errorf("%v: the second time the cache holds %v, the first time %v", err, folders(t, cache), before)
	}
	if _, _, err := distill.Learn(t.Context(), tiny, p, studied[1:], study(), cache, teacher.RowCache{}, nil); err != nil || len(folders(t, cache)) != 2 {
		t.Errorf("%v: other texts are in a folder of their own, of %v", err, folders(t, cache))
	}
}

// A teacher whose modules have changed is asked anew: the vectors in the cache are another's.
func TestLearnAfterAChange(t *testing.T) {
	p, cache := provider(t), t.TempDir()
	dir := filepath.Join(t.TempDir(), "teacher")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testenv.Root(), "testdata/tiny-bert"))); err != nil {
		t.Fatal(err)
	}
	learn := func() []float32 {
		t.Helper()
		changing, err := teacher.Read(hub.Folder{Dir: dir}, teacher.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		lesson, _, err := distill.Learn(t.Context(), changing, p, studied, study(), cache, teacher.RowCache{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return vectorsOf(t, lesson.Vectors)
	}
	mean := learn()
	cls := `{"word_embedding_dimension": 128, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}`
	if err := os.WriteFile(filepath.Join(dir, "1_Pooling", "config.json"), []byte(cls), 0o600); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(learn(), mean) || len(folders(t, cache)) != 2 {
		t.Errorf("the teacher's pooling changed, its vectors did not: folders %v", folders(t, cache))
	}
}

func folders(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A folder of features with rows holds all that a student needs: its vocabulary, and a
// lesson whose student is the same as of the teacher itself.
func TestLessonOfAFolder(t *testing.T) {
	p := provider(t)
	tiny := tinyTeacher(t, nil)
	dir := filepath.Join(t.TempDir(), "features")
	s := study()
	s.Rows = true
	if _, err := distill.Featurize(t.Context(), tiny, p, features.Strings(studied), dir, s, nil); err != nil {
		t.Fatal(err)
	}
	lesson, err := distill.OpenLesson(dir)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := lesson.Vocabulary(teacher.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(alone.Vocabulary.Tokens, tiny.Vocabulary.Tokens) || alone.SHA256["tokenizer.json"] != tiny.SHA256["tokenizer.json"] {
		t.Errorf("%d tokens and hashes %v, want the teacher's %d and %v", len(alone.Vocabulary.Tokens), alone.SHA256, len(tiny.Vocabulary.Tokens), tiny.SHA256)
	}
	learnt, _, err := distill.Learn(t.Context(), tiny, p, studied, study(), t.TempDir(), teacher.RowCache{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := fitOptions(5)
	got, err := distill.Fit(t.Context(), alone, teacher.Pass{}, []distill.Lesson{lesson}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{learnt}, o, nil)
	if err != nil || !slices.Equal(got.Table().Bytes, want.Table().Bytes) || !got.Report.Fit.Teachers[0].Rows {
		t.Errorf("%v: a folder of features makes another student than its teacher", err)
	}
}

func TestLessonsThatAreNone(t *testing.T) {
	if _, err := distill.OpenLesson(t.TempDir()); err == nil {
		t.Error("an empty folder is a lesson")
	}
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	for name, l := range map[string]distill.Lesson{
		"no rows":      g.lesson(0, false, nil),
		"no tokenizer": g.lesson(0, true, []string{"a"}),
	} {
		if _, err := l.Vocabulary(teacher.DefaultOptions()); err == nil || !strings.Contains(err.Error(), "has no tokenizer") {
			t.Errorf("%s: got %v, want an error about the tokenizer", name, err)
		}
	}
	bad := g.lesson(0, true, []string{"a"})
	bad.Rows.Files = map[string][]byte{"tokenizer.json": []byte("{")}
	if _, err := bad.Vocabulary(teacher.DefaultOptions()); err == nil || !strings.Contains(err.Error(), "tokenizer.json") {
		t.Errorf("got %v, want an error about a broken tokenizer.json", err)
	}
}

// Vectors of another program, in a file, make the student that the same vectors in memory do.
func TestRunOfForeignVectors(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	dir := t.TempDir()
	f := distill.Fitting{Tokenizer: filepath.Join(testenv.Root(), "testdata/tiny-bert"), Study: study()}
	f.Vectors.File, f.Corpus.Read = filepath.Join(dir, "vectors.npy"), texts.DefaultOptions()
	f.Corpus.Files = []string{filepath.Join(dir, "texts.txt")}
	if err := os.WriteFile(f.Corpus.Files[0], []byte(strings.Join(g.Texts, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	npy(t, f.Vectors.File, len(g.Texts)-1)
	if _, err := distill.Run(t.Context(), nil, runtime.Provider{}, teacher.RowCache{}, fitOptions(5), f, nil); err == nil || !strings.Contains(err.Error(), "vectors.npy") {
		t.Errorf("got %v, want fewer vectors than texts refused", err)
	}
	npy(t, f.Vectors.File, len(g.Texts))
	student, err := distill.Run(t.Context(), nil, runtime.Provider{}, teacher.RowCache{}, fitOptions(5), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if about := student.Report.Fit.Teachers[0]; about.Name != "" || about.Rows {
		t.Errorf("the manifest says %+v of vectors of unknown origin", about)
	}
	same, err := distill.Fit(t.Context(), tinyVocabulary(t), teacher.Pass{}, []distill.Lesson{g.lesson(0, false, nil)}, fitOptions(5), nil)
	if err != nil || !slices.Equal(student.Table().Bytes, same.Table().Bytes) {
		t.Errorf("%v: vectors of a file make another student than the same in memory", err)
	}
	f.Tokenizer = ""
	if _, err := distill.Run(t.Context(), nil, runtime.Provider{}, teacher.RowCache{}, fitOptions(5), f, nil); err == nil || !strings.Contains(err.Error(), "vectors.npy has no tokenizer") {
		t.Errorf("got %v, want an error about the tokenizer that names the file", err)
	}
}

// A corpus gives its texts once, in its order or drawn by a seed, and says what it left out.
func TestCorpusDraw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "corpus.txt")
	if err := os.WriteFile(path, []byte("one\n\ntwo\none\nthree\nfour\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := distill.Corpus{Files: []string{path}, Read: texts.DefaultOptions(), Seed: 1}
	all, err := c.Draw(t.Context())
	if err != nil || !slices.Equal(all.Texts, []string{"one", "two", "three", "four"}) || all.Empty != 1 || all.Duplicates != 1 {
		t.Errorf("%v: drew %+v", err, all)
	}
	c.Max = 2
	two, err := c.Draw(t.Context())
	again, _ := c.Draw(t.Context())
	if err != nil || len(two.Texts) != 2 || !slices.Equal(two.Texts, again.Texts) {
		t.Errorf("%v: drew %q, then %q", err, two.Texts, again.Texts)
	}
	if err := os.WriteFile(path, []byte("\n \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Draw(t.Context()); err == nil || !strings.Contains(err.Error(), "all texts are empty") {
		t.Errorf("got %v, want an error about a corpus without texts", err)
	}
	c.Files = []string{path + ".gone"}
	if _, err := c.Draw(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an error about a file that is not there", err)
	}
}

// npy writes the golden's vectors of the first lesson, rows of them.
func npy(t *testing.T, path string, rows int) {
	t.Helper()
	w, err := vectors.Create(path, vectors.Options{Format: vectors.NPY, Cols: 12, Type: matrix.Float32})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := errors.Join(w.Write(made(rows, 12, 200)), w.Commit()); err != nil {
		t.Fatal(err)
	}
}

// What the user asked for and the teacher cannot do is refused before it runs.
func TestLearnRefuses(t *testing.T) {
	p := provider(t)
	tiny := tinyTeacher(t, nil)
	s := study()
	s.Texts.PromptName = "recipe"
	if _, _, err := distill.Learn(t.Context(), tiny, p, studied, s, t.TempDir(), teacher.RowCache{}, nil); err == nil || !strings.Contains(err.Error(), "recipe") {
		t.Errorf("got %v, want a prompt refused that the folder lacks", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := distill.Learn(ctx, tiny, p, studied, study(), t.TempDir(), teacher.RowCache{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a run that was cancelled", err)
	}
	if _, err := distill.Featurize(t.Context(), tiny, nowhere, features.Strings(studied), t.TempDir(), study(), nil); err == nil {
		t.Error("a teacher has encoded texts without a runtime")
	}
}

// Run fits a student to texts in memory, to the same in files and, of the same teacher, to a
// folder of features: the rows are the same. Its forecast counts the texts.
func TestRunFitted(t *testing.T) {
	p := provider(t)
	tiny := tinyTeacher(t, nil)
	run := func(name string, change func(*distill.Fitting)) *distill.Student {
		t.Helper()
		f := distill.Fitting{Study: study()}
		change(&f)
		student, err := distill.Run(t.Context(), tiny, p, teacher.RowCache{}, fitOptions(5), f, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		forecast, err := distill.DryRun(t.Context(), tiny, p, fitOptions(5), f, "", export.Options{})
		if err != nil || forecast.Texts != student.Report.Fit.Texts || !(forecast.TextSeconds > 0) || forecast.Dims != 5 {
			t.Errorf("%s: %v, the forecast tells of %d texts and %v s, the fit had %d", name, err, forecast.Texts, forecast.TextSeconds, student.Report.Fit.Texts)
		}
		return student
	}
	cache := t.TempDir()
	want := run("texts", func(f *distill.Fitting) { f.Texts, f.Cache = studied, cache })
	for _, texts := range [][]string{studied, studied[:len(studied)-1]} {
		f := distill.Fitting{Study: study(), Texts: texts}
		if same, err := distill.Unchanged(t.Context(), want.Folder.Manifest, tiny, p, fitOptions(5), f); err != nil || same != (len(texts) == len(studied)) {
			t.Errorf("of %d texts: unchanged %t, %v", len(texts), same, err)
		}
	}
	path := filepath.Join(t.TempDir(), "texts.txt")
	if err := os.WriteFile(path, []byte(strings.Join(studied, "\n")+"\n\n"+studied[0]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := run("a corpus", func(f *distill.Fitting) {
		f.Corpus = distill.Corpus{Files: []string{path}, Read: texts.DefaultOptions()}
	})
	if told := files.Report.Fit; !slices.Equal(files.Table().Bytes, want.Table().Bytes) || told.Empty != 1 || told.Duplicates != 1 {
		t.Errorf("texts in a file make another student, or %d empty and %d double ones are not told of", told.Empty, told.Duplicates)
	}
	both := run("features", func(f *distill.Fitting) { f.Features = []string{filepath.Join(cache, folders(t, cache)[0])} })
	if len(both.Report.Fit.Teachers) != 2 || both.Report.TeacherWidth != 256 {
		t.Errorf("a teacher and a folder of features are %d teachers, %d wide", len(both.Report.Fit.Teachers), both.Report.TeacherWidth)
	}
	// A cache that cannot be made stops nothing.
	broken := run("no cache", func(f *distill.Fitting) { f.Texts, f.Cache = studied, filepath.Join(path, "cache") })
	if !slices.Equal(broken.Table().Bytes, want.Table().Bytes) {
		t.Error("without a cache the student is another")
	}
	for name, f := range map[string]distill.Fitting{
		"no such features": {Study: study(), Features: []string{filepath.Join(cache, "gone")}},
		"no such corpus":   {Study: study(), Corpus: distill.Corpus{Files: []string{path + ".gone"}, Read: texts.DefaultOptions()}},
	} {
		if _, err := distill.Run(t.Context(), tiny, p, teacher.RowCache{}, fitOptions(5), f, nil); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("%s: got %v, want an error that names what is not there", name, err)
		}
		if _, err := distill.DryRun(t.Context(), tiny, p, fitOptions(5), f, "", export.Options{}); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("%s: the forecast gives %v, want an error that names what is not there", name, err)
		}
	}
}

// What a fit has no use for is refused by Run and by its forecast: the corpus beside texts
// was ignored, a folder named twice counted its teacher twice, and two texts made a student of
// one dimension.
func TestRunRefusesIdleOrTooLittle(t *testing.T) {
	p := provider(t)
	tiny := tinyTeacher(t, nil)
	dir := t.TempDir()
	for want, f := range map[string]distill.Fitting{
		"Fit.Texts and Fit.Corpus both say": {Texts: studied, Corpus: distill.Corpus{Files: []string{"texts.txt"}}},
		"are one folder":                    {Texts: studied, Features: []string{dir, dir + "/."}},
		"texts: 19 are too few":             {Texts: studied[:19]},
	} {
		f.Study = study()
		if _, err := distill.Run(t.Context(), tiny, p, teacher.RowCache{}, fitOptions(5), f, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := distill.DryRun(t.Context(), tiny, p, fitOptions(5), f, "", export.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the forecast gives %v, want %q", err, want)
		}
	}
}
