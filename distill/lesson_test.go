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
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/teacher"
)

var studied = []string{
	"a man is playing a guitar", "someone plays an instrument", "the stock market fell today", "wake me up at nine am",
	"a gripping, moving and beautifully acted film", "the movie is dull", "where is the river", "my card was declined",
	"play some jazz music", "the old woman asked about the exchange rate",
}

func study() distill.Study { return distill.Study{Writes: features.DefaultOptions()} }

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
	texts, total := 0, 0
	progress := func(stage, _ string, done, all int) {
		if stage == "texts" {
			texts, total = done, all
		}
	}
	first, pass, err := distill.Learn(t.Context(), tiny, p, studied, study(), cache, teacher.RowCache{}, progress)
	if err != nil {
		t.Fatal(err)
	}
	if texts != len(studied) || total != len(studied) || pass.Runtime == "" || first.Vectors.Len() != len(studied) || first.Vectors.Width() != 128 {
		t.Errorf("progress %d of %d, runtime %q, %d vectors of %d", texts, total, pass.Runtime, first.Vectors.Len(), first.Vectors.Width())
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

// Vectors of another program are a lesson.
func TestForeignLesson(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	path := filepath.Join(t.TempDir(), "texts.npy")
	npy(t, path, len(g.Texts)-1) // one too few
	_, err := features.FromNPY(t.Context(), path, func() (features.Corpus, error) { return features.Strings(g.Texts), nil })
	if err == nil {
		t.Fatal("fewer vectors than texts pass")
	}
	npy(t, path, len(g.Texts))
	foreign, err := features.FromNPY(t.Context(), path, func() (features.Corpus, error) { return features.Strings(g.Texts), nil })
	if err != nil {
		t.Fatal(err)
	}
	lesson := distill.Lesson{Vectors: foreign}
	tiny := tinyVocabulary(t)
	student, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{lesson}, fitOptions(5), nil)
	if err != nil || student.Report.Fit.Teachers[0].Name != "" || student.Report.Fit.Teachers[0].Rows {
		t.Fatalf("%v: the manifest says more of foreign vectors than is known", err)
	}
	same, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{g.lesson(0, false, nil)}, fitOptions(5), nil)
	if err != nil || !slices.Equal(student.Table().Bytes, same.Table().Bytes) {
		t.Errorf("%v: vectors of a file make another student than the same in memory", err)
	}
	other := g.lesson(0, false, nil)
	other.Vectors = source{texts: studied, y: made(len(studied), 12, 1)}
	_, err = distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{lesson, other}, fitOptions(5), nil)
	if err == nil || !strings.Contains(err.Error(), "are of other texts") {
		t.Errorf("got %v, want an error about other texts", err)
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
