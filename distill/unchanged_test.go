package distill_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/store"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
)

// letters is a teacher that counts letters: a vector of 12 values.
type letters struct{ name string }

func (letters) Width() int { return 12 }

func (l letters) Teacher() features.Teacher { return features.Teacher{Name: l.name, Revision: "1"} }

func (letters) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		for j := range dst.Row(i) {
			dst.Row(i)[j] = float32(strings.Count(text, string(rune('a'+j))) + j%3)
		}
	}
	return nil
}

// featuresOf makes a folder of features without a tokenizer.
func featuresOf(t *testing.T, name string, texts []string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "features")
	if _, err := features.Write(t.Context(), dir, features.Strings(texts), letters{name}, features.DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A student without a teacher is unchanged where its features, vocabulary and switches are:
// in a folder or in a store.
func TestUnchangedWithoutTeacher(t *testing.T) {
	dir, other, fewer := featuresOf(t, "one", studied), featuresOf(t, "two", studied), featuresOf(t, "one", append(studied[1:len(studied):len(studied)], "another text"))
	f := distill.Fitting{Features: []string{dir}, Tokenizer: filepath.Join(testenv.Root(), "testdata/tiny-bert"), Study: study()}
	f.Stores = store.Schemes{"mem": func(url string) (store.Folder, error) { return store.Local(strings.TrimPrefix(url, "mem://")), nil }}
	student, err := distill.Run(t.Context(), nil, runtime.Provider{}, teacher.RowCache{}, fitOptions(5), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*distill.Options, *distill.Fitting)
		want   bool
	}{
		"nothing":           {func(*distill.Options, *distill.Fitting) {}, true},
		"held-out texts":    {func(o *distill.Options, _ *distill.Fitting) { o.Holdout = 0.2 }, true},
		"another place":     {func(_ *distill.Options, f *distill.Fitting) { f.Features = []string{"mem://" + dir} }, true},
		"dimensions":        {func(o *distill.Options, _ *distill.Fitting) { o.Dims.Count = 6 }, false},
		"ridge":             {func(o *distill.Options, _ *distill.Fitting) { o.Ridge = 0.2 }, false},
		"another teacher":   {func(_ *distill.Options, f *distill.Fitting) { f.Features = []string{other} }, false},
		"one teacher more":  {func(_ *distill.Options, f *distill.Fitting) { f.Features = []string{dir, other} }, false},
		"other texts":       {func(_ *distill.Options, f *distill.Fitting) { f.Features = []string{fewer} }, false},
		"another program's": {func(_ *distill.Options, f *distill.Fitting) { f.Vectors.File = "vectors.npy" }, false},
	} {
		o, changed := fitOptions(5), f
		tc.change(&o, &changed)
		got, err := distill.Unchanged(t.Context(), student.Folder.Manifest, nil, runtime.Provider{}, o, changed)
		if err != nil || got != tc.want {
			t.Errorf("%s: unchanged %t, %v; want %t", name, got, err, tc.want)
		}
	}
	for want, change := range map[string]func(*distill.Fitting){
		"features.json":                func(f *distill.Fitting) { f.Features = []string{filepath.Dir(dir)} },
		"gone":                         func(f *distill.Fitting) { f.Features = []string{filepath.Join(dir, "gone")} },
		`the scheme ftp:// is not one`: func(f *distill.Fitting) { f.Features = []string{"ftp://bucket/features"} },
		"mem:///gone is named twice":   func(f *distill.Fitting) { f.Features = []string{"mem:///gone", "mem:///gone"} },
		"/gone/features":               func(f *distill.Fitting) { f.Features = []string{"mem:///gone/features"} },
		"has no tokenizer":             func(f *distill.Fitting) { f.Tokenizer = "" },
		"Fit.Texts and Fit.Corpus":     func(f *distill.Fitting) { f.Texts, f.Corpus.Files = studied, []string{"texts.txt"} },
	} {
		changed := f
		change(&changed)
		if _, err := distill.Unchanged(t.Context(), student.Folder.Manifest, nil, runtime.Provider{}, fitOptions(5), changed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	alone, err := f.WithoutTeacher(t.Context())
	if err != nil || alone.Width() != 12 || len(alone.Vocabulary.Tokens) != student.Report.Rows {
		t.Errorf("%v: the vocabulary without a teacher is %+v", err, alone)
	}
	f.Features, f.Tokenizer = nil, ""
	if _, err := f.WithoutTeacher(t.Context()); err == nil || !strings.Contains(err.Error(), "neither a teacher nor vectors") {
		t.Errorf("got %v, want an error about nothing to learn from", err)
	}
}

// A student of a teacher's rows is unchanged until a switch, the teacher's files or the
// runtime are others.
func TestUnchangedOfATeacher(t *testing.T) {
	p := provider(t)
	tiny := tinyTeacher(t, nil)
	version, err := tiny.StartRuntime(p)
	if err != nil {
		t.Fatal(err)
	}
	o := distill.DefaultOptions()
	o.Dims.Count = 4
	rows := &distill.Rows{Matrix: made(len(tiny.Vocabulary.Tokens), 6, 1), Vocabulary: tiny.Vocabulary}
	student, err := rows.StudentOf(t.Context(), tiny, teacher.Pass{Runtime: version}, o)
	if err != nil {
		t.Fatal(err)
	}
	unchanged := func(of *teacher.Teacher, p runtime.Provider, o distill.Options, f distill.Fitting) (bool, error) {
		return distill.Unchanged(t.Context(), student.Folder.Manifest, of, p, o, f)
	}
	if same, err := unchanged(tiny, p, o, distill.Fitting{}); err != nil || !same {
		t.Errorf("the same inputs: %t, %v", same, err)
	}
	if same, err := unchanged(tiny, p, o, distill.Fitting{Texts: studied, Study: study()}); err != nil || same {
		t.Errorf("fitted to texts: %t, %v", same, err)
	}
	pooled := tinyTeacher(t, func(o *teacher.Options) { o.Pooling = transformer.First })
	if same, err := unchanged(pooled, p, o, distill.Fitting{}); err != nil || same {
		t.Errorf("another pooling: %t, %v", same, err)
	}
	edited := *tiny
	edited.SHA256 = map[string]string{"tokenizer.json": "00"}
	if same, err := unchanged(&edited, p, o, distill.Fitting{}); err != nil || same {
		t.Errorf("another tokenizer.json: %t, %v", same, err)
	}
	onDevice := *student.Folder.Manifest
	onDevice.Provider = "cuda"
	if same, err := distill.Unchanged(t.Context(), &onDevice, tiny, p, o, distill.Fitting{}); err != nil || same {
		t.Errorf("made on another provider: %t, %v", same, err)
	}
	if _, err := unchanged(tiny, nowhere, o, distill.Fitting{}); err == nil || !strings.Contains(err.Error(), "gone.so") {
		t.Errorf("without a runtime: %v", err)
	}
	input := tinyTeacher(t, func(o *teacher.Options) { o.Source = transformer.Input })
	if _, err := unchanged(input, p, o, distill.Fitting{Texts: studied, Study: study()}); err == nil || !strings.Contains(err.Error(), "fitted to texts") {
		t.Errorf("texts for rows of input embeddings: %v", err)
	}
	prompted := distill.Fitting{Texts: studied, Study: study()}
	prompted.Study.Texts.PromptName = "recipe"
	if _, err := unchanged(tiny, p, o, prompted); err == nil || !strings.Contains(err.Error(), "recipe") {
		t.Errorf("a prompt that is not there: %v", err)
	}
	if _, err := unchanged(tiny, p, o, distill.Fitting{Corpus: distill.Corpus{Files: []string{"gone.txt"}}, Study: study()}); err == nil || !strings.Contains(err.Error(), "gone.txt") {
		t.Errorf("a corpus that is not there: %v", err)
	}
}
