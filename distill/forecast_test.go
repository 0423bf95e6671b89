package distill_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
)

// tinyTeacher is the tiny teacher, read as change wants it.
func tinyTeacher(t *testing.T, change func(*teacher.Options)) *teacher.Teacher {
	t.Helper()
	o := teacher.DefaultOptions()
	if change != nil {
		change(&o)
	}
	tiny, err := teacher.Read(hub.Folder{Dir: filepath.Join(testenv.Root(), "testdata/tiny-bert")}, o)
	if err != nil {
		t.Fatal(err)
	}
	return tiny
}

// nowhere names an ONNX Runtime that is not there.
var nowhere = runtime.Provider{Library: filepath.Join("testdata", "gone.so")}

// provider finds ONNX Runtime, and a test without cgo skips.
func provider(t *testing.T) runtime.Provider {
	t.Helper()
	orttest.Start(t)
	return runtime.Provider{Getenv: os.Getenv, Threads: 1}
}

// Without a runtime a forecast tells all but the time, and the error says what is missing.
func TestDryRunWithoutRuntime(t *testing.T) {
	lacking := runtime.Provider{} // looks in no cache
	if found, err := lacking.Find(); err == nil {
		t.Logf("the system has %s: the forecast is whole", found.Path)
	}
	_, missing := lacking.Find()
	tiny := tinyTeacher(t, nil)
	v := len(tiny.Vocabulary.Tokens)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*distill.Options)
		dims   int
		atMost bool
		bytes  int // of int8 rows
	}{
		{"default", nil, 128, false, v * 128},
		{"32 dims", func(o *distill.Options) { set(t, &o.Dims, "32") }, 32, false, v * 32},
		{"auto without two", func(o *distill.Options) { set(t, &o.Dims, "auto"); o.Drop = 2 }, 126, false, v * 126},
		{"dropped", func(o *distill.Options) { set(t, &o.Dims, "127"); o.Drop = 3 }, 125, false, v * 125},
		{"no PCA", func(o *distill.Options) { set(t, &o.Dims, "none") }, 128, false, v * 128},
		{"a share", func(o *distill.Options) { set(t, &o.Dims, "0.9") }, 128, true, v * 128},
		{"clusters", func(o *distill.Options) { set(t, &o.Dims, "32"); o.Clusters = 50 }, 32, false, 50*32 + 12*v},
	} {
		o := distill.DefaultOptions()
		if tc.change != nil {
			tc.change(&o)
		}
		f, err := distill.DryRun(t.Context(), tiny, lacking, o, distill.Fitting{}, "", export.Options{})
		if f == nil || (err == nil) != (missing == nil) {
			t.Errorf("%s: %v, and looking for the runtime gives %v", tc.name, err, missing)
			continue
		}
		if f.Dims != tc.dims || f.AtMost != tc.atMost || f.Sizes["int8"] != int64(tc.bytes) || f.Counts["rows"] != v {
			t.Errorf("%s: dims %d, at most %v, int8 %d bytes, rows %d; want %d, %v, %d, %d", tc.name, f.Dims, f.AtMost, f.Sizes["int8"], f.Counts["rows"], tc.dims, tc.atMost, tc.bytes, v)
		}
		warnings := strings.Join(f.Warnings, "\n")
		for _, want := range []string{"carries padding", "carries truncation"} {
			if !strings.Contains(warnings, want) {
				t.Errorf("%s: the warnings %q lack %q", tc.name, f.Warnings, want)
			}
		}
		if missing != nil && (f.Seconds != 0 || f.Memory != 0) {
			t.Errorf("%s: %v s, %d bytes: want no estimates", tc.name, f.Seconds, f.Memory)
		}
	}
	f, err := distill.DryRun(t.Context(), tiny, lacking, distill.DefaultOptions(), distill.Fitting{}, full, export.Options{})
	if f == nil || err == nil || !strings.Contains(err.Error(), full) {
		t.Errorf("got %v, want a forecast and the folder in the way named", err)
	}
}

func set(t *testing.T, flag interface{ Set(string) error }, value string) {
	t.Helper()
	if err := flag.Set(value); err != nil {
		t.Fatal(err)
	}
}

// A forecast is of the run: the student has the rows, dimensions and bytes that it tells.
func TestDryRunTellsWhatRunDoes(t *testing.T) {
	p := provider(t)
	for name, change := range map[string]func(*teacher.Options){
		"output": nil,
		"input":  func(o *teacher.Options) { o.Source = transformer.Input },
	} {
		tiny := tinyTeacher(t, change)
		o := distill.DefaultOptions()
		set(t, &o.Dims, "24")
		f, err := distill.DryRun(t.Context(), tiny, p, o, distill.Fitting{}, filepath.Join(t.TempDir(), "student"), export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		student, err := distill.Run(t.Context(), tiny, p, teacher.RowCache{}, o, distill.Fitting{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		table := student.Table()
		if f.Dims != table.Cols || f.Sizes[table.Type.String()] != int64(len(table.Bytes)) || f.Counts["rows"] != table.Rows {
			t.Errorf("%s: foretold %d rows of %d, %d bytes; made %d of %d, %d bytes", name, f.Counts["rows"], f.Dims, f.Sizes[table.Type.String()], table.Rows, table.Cols, len(table.Bytes))
		}
		if !(f.Seconds > 0) || f.Memory < 60<<20 || slices.ContainsFunc(f.Warnings, func(w string) bool { return strings.Contains(w, "estimate") }) {
			t.Errorf("%s: %v s, %d bytes, warnings %q", name, f.Seconds, f.Memory, f.Warnings)
		}
	}
}

// Switches that do not fit the teacher are refused before it runs, by Run and by DryRun.
func TestSwitchesMustFitTheTeacher(t *testing.T) {
	tiny := tinyTeacher(t, nil)
	for want, change := range map[string]func(*distill.Options){
		"pca-drop 128: the teacher has only 128 dimensions":       func(o *distill.Options) { o.Drop = 128 },
		"vocabulary-quantization 99999: the vocabulary has only ": func(o *distill.Options) { o.Clusters = 99999 },
	} {
		o := distill.DefaultOptions()
		change(&o)
		_, predicted := distill.DryRun(t.Context(), tiny, nowhere, o, distill.Fitting{}, "", export.Options{})
		_, ran := distill.Run(t.Context(), tiny, nowhere, teacher.RowCache{}, o, distill.Fitting{}, nil)
		for _, err := range []error{predicted, ran} {
			var option *fault.OptionError
			if !errors.As(err, &option) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an option's error with %q", err, want)
			}
		}
	}
	_, err := distill.Run(t.Context(), tiny, nowhere, teacher.RowCache{}, distill.DefaultOptions(), distill.Fitting{}, nil)
	if err == nil || !strings.Contains(err.Error(), "gone.so") {
		t.Errorf("got %v, want an error that names the library", err)
	}
}

// The manifest lists the switches that act, and only those.
func TestManifestOptions(t *testing.T) {
	check := func(name string, change func(*teacher.Options), student func(*distill.Options), want map[string]any, absent ...string) {
		t.Helper()
		tiny := tinyTeacher(t, change)
		o := distill.DefaultOptions()
		o.Type = matrix.Float32
		if student != nil {
			student(&o)
		}
		rows := &distill.Rows{Matrix: made(len(tiny.Vocabulary.Tokens), 6, 1), Vocabulary: tiny.Vocabulary}
		s, err := rows.StudentOf(t.Context(), tiny, teacher.Pass{Runtime: "1.2.3", Warnings: []string{"of the pass"}}, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := s.Folder.Manifest
		for key, value := range want {
			if m.Options[key] != value {
				t.Errorf("%s: %s is %v, want %v", name, key, m.Options[key], value)
			}
		}
		for _, key := range absent {
			if value, there := m.Options[key]; there {
				t.Errorf("%s: %s is %v, and it does not act", name, key, value)
			}
		}
		if m.ONNXRuntime != "1.2.3" || !slices.Contains(m.Warnings, "of the pass") || m.Counts["rows"] != len(tiny.Vocabulary.Tokens) || m.Fit != nil {
			t.Errorf("%s: runtime %q, warnings %q, counts %v", name, m.ONNXRuntime, m.Warnings, m.Counts)
		}
	}
	for engine, want := range map[string][2]string{"1.2.3": {"1.2.3", ""}, "1.2.3 cuda": {"1.2.3", "cuda"}} {
		tiny := tinyTeacher(t, nil)
		rows := &distill.Rows{Matrix: made(len(tiny.Vocabulary.Tokens), 6, 1), Vocabulary: tiny.Vocabulary}
		s, err := rows.StudentOf(t.Context(), tiny, teacher.Pass{Runtime: engine}, distill.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		if m := s.Folder.Manifest; m.ONNXRuntime != want[0] || m.Provider != want[1] {
			t.Errorf("engine %q: runtime %q, provider %q; want %q", engine, m.ONNXRuntime, m.Provider, want)
		}
	}
	words := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(words, []byte("guitar\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("defaults", nil, nil, map[string]any{"pooling": "mean", "batch-size": 0, "pca-dims": "256", "sif-coefficient": "0.0001", "quantize-to": "float32", "normalize": true},
		"source", "special-tokens", "keep-added-tokens", "pca-drop", "pca-whiten", "ridge", "vocabulary-quantization", "seed", "vocabulary", "vocabulary-only")
	check("input", func(o *teacher.Options) { o.Source = transformer.Input }, nil, map[string]any{"source": "input"}, "pooling", "batch-size", "special-tokens")
	check("all", func(o *teacher.Options) {
		o.Vocab.KeepAdded, o.WordsFile, o.Vocab.Only, o.BatchSize = true, words, true, 8
		set(t, &o.Vocab.SpecialTokens, "none")
	}, func(o *distill.Options) { o.Drop, o.Whiten, o.Clusters, o.Dims.Count = 1, 0.5, 3, 2 },
		map[string]any{"special-tokens": "none", "keep-added-tokens": true, "batch-size": 8, "pca-drop": 1, "pca-whiten": 0.5, "vocabulary-quantization": 3, "seed": uint64(42), "vocabulary-only": true})
}
