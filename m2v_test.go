package m2v_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/transformer"
)

const tiny = "testdata/tiny-bert"

var texts = []string{
	"a man is playing a guitar", "someone plays an instrument", "the stock market fell today", "wake me up at nine am",
	"the movie is dull", "where is the river", "my card was declined", "play some jazz music",
	"an old stone bridge", "an ancient bridge", "summer music in the park", "a song by the river",
	"the bank raised its rates", "she reads a long book", "turn off the lights", "what is the weather like",
	"two dogs run in the snow", "the train is late again", "he paid with cash", "a short and happy film",
}

// fitOptions keep their vectors in a folder of the test's.
func fitOptions(t *testing.T) m2v.Options {
	t.Helper()
	orttest.Start(t)
	o := m2v.DefaultFitOptions()
	o.Runtime.Threads, o.Fit.Cache, o.Student.Dims.Count = 1, t.TempDir(), 4
	return o
}

func rows(s *distill.Student) []byte { return s.Table().Bytes }

// The door's defaults for a fit are the recipe's, and the others the reference's.
func TestDefaultOptions(t *testing.T) {
	o, f, s := m2v.DefaultOptions(), m2v.DefaultFitOptions(), distill.DefaultSwitches()
	if o.Student != s.Student || o.Teacher.Pooling != s.Teacher.Pooling || o.Fit.Texts != nil {
		t.Errorf("defaults %+v", o)
	}
	if f.Student.Whiten != 0.25 || f.Student.Ridge != 0.1 || f.Fit.Study.Writes.ShardTexts != features.DefaultOptions().ShardTexts {
		t.Errorf("defaults of a fit %+v", f.Student)
	}
}

// Texts that the teacher is asked about and a folder of its vectors make the same student,
// and so does that folder without the teacher.
func TestDistillFitted(t *testing.T) {
	o := fitOptions(t)
	o.Fit.Texts = texts
	asked, err := m2v.Distill(t.Context(), tiny, o)
	if err != nil {
		t.Fatal(err)
	}
	if f := asked.Report.Fit; f == nil || f.Texts+f.HeldOut != len(texts) && f.Texts != len(texts) || asked.Dims() != 4 {
		t.Fatalf("report %+v of %d texts, %d dimensions", f, len(texts), asked.Dims())
	}
	if entries, err := os.ReadDir(o.Fit.Cache); err != nil || len(entries) != 1 {
		t.Errorf("the cache holds %v, %v", entries, err)
	}

	dir := filepath.Join(t.TempDir(), "features")
	o.Fit.Study.Rows = true
	if _, err := m2v.Featurize(t.Context(), tiny, features.Strings(texts), dir, o); err != nil {
		t.Fatal(err)
	}
	o.Fit.Texts, o.Fit.Features = nil, []string{dir}
	alone, err := m2v.Distill(t.Context(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(rows(alone), rows(asked)) {
		t.Error("a folder of vectors makes another student than the teacher")
	}
	o.Fit.Tokenizer = tiny
	named, err := m2v.Distill(t.Context(), "", o)
	if err != nil || !bytes.Equal(rows(named), rows(asked)) {
		t.Errorf("%v: a tokenizer that is named makes another student than the folder's own", err)
	}
	o.Fit.Tokenizer, o.Fit.Cache = "", "" // the teacher is asked about the lesson's texts, and nothing is kept
	both, err := m2v.Distill(t.Context(), tiny, o)
	if err != nil || len(both.Report.Fit.Teachers) != 2 || both.Report.TeacherWidth != 256 {
		t.Errorf("%v: a teacher and a lesson are %d teachers", err, len(both.Report.Fit.Teachers))
	}
}

func TestDistillRefuses(t *testing.T) {
	o := fitOptions(t)
	o.Fit.Texts = texts
	check := func(name, teacher, want string, option bool, change func(*m2v.Options)) {
		t.Helper()
		o := o
		change(&o)
		_, err := m2v.Distill(t.Context(), teacher, o)
		var about *fault.OptionError
		if err == nil || !strings.Contains(err.Error(), want) || errors.As(err, &about) != option {
			t.Errorf("%s: got %v, want an error with %q", name, err, want)
		}
	}
	check("input rows", tiny, "source input", true, func(o *m2v.Options) { o.Teacher.Source = transformer.Input })
	check("dropped components", tiny, "pca-drop 2", true, func(o *m2v.Options) { o.Student.Drop = 2 })
	check("no teacher and no vectors", "", "neither a teacher nor vectors of texts", false, func(*m2v.Options) {})
	check("no tokenizer", "", "has no tokenizer.json", false, func(o *m2v.Options) { o.Fit.Tokenizer = t.TempDir() })
	check("no such teacher", "./gone", "./gone: no such folder", false, func(*m2v.Options) {})
	check("no such teacher, without texts", "./gone", "./gone: no such folder", false, func(o *m2v.Options) { o.Fit.Texts = nil })
	if _, err := m2v.DryRun(t.Context(), "./gone", "", export.Options{}, o); err == nil {
		t.Error("a teacher that is not there has a forecast")
	}
	if _, err := m2v.Featurize(t.Context(), "./gone", features.Strings(texts), t.TempDir(), o); err == nil {
		t.Error("a teacher that is not there has encoded texts")
	}
}

// A cache that cannot be written to stops nothing.
func TestDistillFittedWithoutCache(t *testing.T) {
	o := fitOptions(t)
	o.Fit.Texts = texts
	want, err := m2v.Distill(t.Context(), tiny, o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Fit.Cache = filepath.Join(file, "cache")
	if got, err := m2v.Distill(t.Context(), tiny, o); err != nil || !bytes.Equal(rows(got), rows(want)) {
		t.Errorf("%v: without a cache the student is another", err)
	}
}

// Predict foretells, Distill makes, Write writes, Open opens: one student.
func TestDoor(t *testing.T) {
	orttest.Start(t)
	o := m2v.DefaultOptions()
	o.Student.Dims.Count = 8
	dir := filepath.Join(t.TempDir(), "student")
	f, err := m2v.DryRun(t.Context(), tiny, dir, export.Options{}, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m2v.Distill(t.Context(), tiny, o)
	if err != nil {
		t.Fatal(err)
	}
	if f.Dims != s.Dims() || f.Sizes["float16"] != int64(len(rows(s))) {
		t.Errorf("foretold %d dimensions and %d bytes, made %d and %d", f.Dims, f.Sizes["float16"], s.Dims(), len(rows(s)))
	}
	if err := s.Write(t.Context(), dir, export.Options{}); err != nil {
		t.Fatal(err)
	}
	m, err := m2v.Open(t.Context(), dir, m2v.DefaultModelOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, ok := m.(*model.Student); !ok {
		t.Fatalf("a student opens as a %T", m)
	}
	got := matrix.New(1, m.Dims())
	if err := m.Encode(t.Context(), texts[:1], got); err != nil {
		t.Fatal(err)
	}
	want, err := s.EncodeOne(texts[0], static.Options{})
	if err != nil || matrix.Cosine(got.Row(0), want) < 1-1e-9 {
		t.Errorf("%v: the folder gives %v, the student %v", err, got.Row(0), want)
	}
	if path, err := m2v.InstallRuntime(t.Context()); err != nil || path == "" { // it is there: nothing is fetched
		t.Errorf("the runtime's path is %q, %v", path, err)
	}
}
