//go:build cgo

package ablate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/ablate/report"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/testenv"
)

var tiny = filepath.Join(testenv.Root(), "testdata", "tiny-bert")

// An ablation of axes over the tiny teacher, what it warned of, and how often the
// teacher ran.
type ablation struct {
	report *ablate.Report
	warned []string
	runs   int
	dir    string
}

func runTiny(t *testing.T, cache string, change func(*ablate.Options), axes ...ablate.Axis) (*ablation, error) {
	t.Helper()
	choice := ablate.Choice{Grid: axes}
	variants, err := choice.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	door := m2v.DefaultOptions()
	a := &ablation{dir: filepath.Join(t.TempDir(), "ablation")}
	o := ablate.Options{
		Find: door.Find, Runtime: door.Runtime, Variants: variants, Grid: axes, Cache: cache, Pages: report.Pages,
		Warn: func(message string) { a.warned = append(a.warned, message) },
		Progress: func(stage, _ string, done, total int) {
			if stage == "embed" && done == total {
				a.runs++
			}
		},
	}
	if change != nil {
		change(&o)
	}
	a.report, err = ablate.Run(t.Context(), tiny, a.dir, o)
	return a, err
}

var poolings = ablate.Axis{Flag: "pooling", Values: []string{"first", "last", "token"}}

// TestRun: all poolings of one pass, students that are those of distill.Run, and a second
// run that takes the rows from the cache.
func TestRun(t *testing.T) {
	cache := t.TempDir()
	first, err := runTiny(t, cache, nil, poolings)
	if err != nil {
		t.Fatal(err)
	}
	if first.runs != 1 || len(first.report.Passes) != 1 || first.report.Passes[0].Cached || len(first.report.Passes[0].Rows) != 4 {
		t.Errorf("%d runs of the teacher and passes %+v, want one of four poolings", first.runs, first.report.Passes)
	}
	for _, pooling := range poolings.Values {
		o := m2v.DefaultOptions()
		if err := o.Teacher.Pooling.Set(pooling); err != nil {
			t.Fatal(err)
		}
		student, err := m2v.Distill(t.Context(), tiny, o)
		if err != nil {
			t.Fatal(err)
		}
		alone := filepath.Join(t.TempDir(), "student")
		if err := student.Write(t.Context(), alone, export.Options{}); err != nil {
			t.Fatal(err)
		}
		sameFolder(t, filepath.Join(first.dir, "variants", "pooling="+pooling), alone)
	}
	again, err := runTiny(t, cache, nil, poolings)
	if err != nil {
		t.Fatal(err)
	}
	if again.runs != 0 || !again.report.Passes[0].Cached {
		t.Errorf("%d runs of the teacher with its rows in the cache: %+v", again.runs, again.report.Passes)
	}
	sameFolder(t, filepath.Join(again.dir, "variants"), filepath.Join(first.dir, "variants"))
	var written ablate.Report
	data, err := os.ReadFile(filepath.Join(again.dir, "ablation.json"))
	if err == nil {
		err = json.Unmarshal(data, &written)
	}
	if err != nil || len(written.Rows) != 4 || written.Grid[0].Flag != "pooling" {
		t.Errorf("ablation.json: %v, %+v", err, written)
	}
}

// sameFolder compares all files of two folders.
func sameFolder(t *testing.T, got, want string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(want, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		name, _ := filepath.Rel(want, path)
		a, _ := os.ReadFile(path)
		b, err := os.ReadFile(filepath.Join(got, name))
		if !bytes.Equal(a, b) {
			t.Errorf("%s is not the same in %s: %v", name, got, err)
		}
		return nil
	})
	if err != nil || n < 4 {
		t.Errorf("%d files in %s: %v", n, want, err)
	}
}

// TestRunWithoutCache: a cache that cannot be written to is one warning, however many
// rows it should take, and the students are made all the same.
func TestRunWithoutCache(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	if err := os.WriteFile(cache, nil, 0o644); err != nil { // no folder can be made in it
		t.Fatal(err)
	}
	a, err := runTiny(t, cache, nil, poolings, ablate.Axis{Flag: "frame", Values: []string{"bos-eos", "none"}})
	if err != nil {
		t.Fatal(err)
	}
	about := slices.DeleteFunc(a.warned, func(w string) bool { return !strings.Contains(w, "rows are not kept") })
	if len(about) != 1 || a.runs != 2 || len(a.report.Rows) != 7 {
		t.Errorf("warnings %q, %d runs, %d rows; want one warning, two runs and seven rows", about, a.runs, len(a.report.Rows))
	}
	entries, err := os.ReadDir(a.dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("the folder holds %v, want variants and three files", entries)
	}
}

// TestRunMendsTheCache: a damaged file is named and made anew.
func TestRunMendsTheCache(t *testing.T) {
	cache := t.TempDir()
	if _, err := runTiny(t, cache, nil); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(cache, "rows", "*", "*.safetensors"))
	if err != nil || len(kept) != 2 { // of the output and of the input
		t.Fatal(kept, err)
	}
	for _, path := range kept {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)-9] ^= 1
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{2, 0} {
		a, err := runTiny(t, cache, nil)
		if err != nil {
			t.Fatal(err)
		}
		damaged := 0
		for _, w := range a.warned {
			if strings.Contains(w, "damaged") && strings.Contains(w, "it is made anew") {
				damaged++
			}
		}
		if damaged != want || a.runs != want {
			t.Errorf("%d warnings and %d runs, want %d of each: %q", damaged, a.runs, want, a.warned)
		}
	}
}

// TestRunScores: students and a model beside them are scored, one that is none is named,
// and variants of one shape have one speed.
func TestRunScores(t *testing.T) {
	data := t.TempDir()
	lines := "4.5\ta man is playing a guitar\tsomeone plays an instrument\n0.5\ta man is playing a guitar\tthe stock market fell today\n3.0\twake me up at nine\tset an alarm for nine\n"
	if err := os.MkdirAll(filepath.Join(data, "sts"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "sts", "STSBenchmark-test.tsv"), []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	tasks, err := eval.Tasks(data)
	if err != nil {
		t.Fatal(err)
	}
	scored, unscored, before := 0, 0, gcPercent()
	a, err := runTiny(t, "", func(o *ablate.Options) {
		o.Tasks, o.Compare = tasks, []string{tiny, filepath.Join(data, "gone")}
		o.Scored = func(model string, _ []eval.Result) {
			scored++
			if got := gcPercent(); got != before {
				t.Errorf("while %s is scored, the garbage collector works at %d %%, want the caller's %d", model, got, before)
			}
		}
		o.Unscored = func(string, error) { unscored++ }
	}, ablate.Axis{Flag: "pca-dims", Values: []string{"8", "16"}}, ablate.Axis{Flag: "pca-drop", Values: []string{"0", "1"}})
	if err != nil {
		t.Fatal(err)
	}
	rows := a.report.Rows
	if scored != 6 || unscored != 1 || len(rows) != 6 || rows[5].Kind != ablate.KindModel || rows[5].Name != "tiny-bert" {
		t.Fatalf("%d scored, %d unscored, rows %+v", scored, unscored, rows)
	}
	if !slices.Contains(a.report.Warnings, "gone could not be scored") {
		t.Errorf("warnings %q do not name the model that could not be scored", a.report.Warnings)
	}
	for _, r := range rows {
		if s := r.Score("STS"); s.State != ablate.Scored {
			t.Errorf("%s has no score", r.Name)
		}
		if !(r.SpeedLow > 0 && r.SpeedLow <= r.Speed && r.Speed <= r.SpeedHigh) {
			t.Errorf("%s: speed %v in %v to %v", r.Name, r.Speed, r.SpeedLow, r.SpeedHigh)
		}
	}
	if rows[1].Speed != rows[2].Speed || rows[3].Speed != rows[4].Speed || rows[1].Speed == rows[3].Speed {
		t.Errorf("speeds of pca-dims 8, 8, 16, 16 are %v, %v, %v, %v: want one for each shape", rows[1].Speed, rows[2].Speed, rows[3].Speed, rows[4].Speed)
	}
}

// gcPercent is what debug.SetGCPercent has set.
func gcPercent() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestRunLeavesNothing: a run that ends early, or that would replace something else.
func TestRunLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	choice := ablate.Choice{}
	variants, err := choice.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	door := m2v.DefaultOptions()
	parent := t.TempDir()
	o := ablate.Options{Find: door.Find, Runtime: door.Runtime, Variants: variants, Progress: func(string, string, int, int) { cancel() }}
	if _, err := ablate.Run(ctx, tiny, filepath.Join(parent, "out"), o); err == nil {
		t.Error("a run whose context ended is no error")
	}
	if entries, _ := os.ReadDir(parent); len(entries) != 0 {
		t.Errorf("a run that failed left %v", entries)
	}
	if err := os.WriteFile(filepath.Join(parent, "mine.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o.Force, o.Progress = true, nil
	if _, err := ablate.Run(t.Context(), tiny, parent, o); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("a folder with a file of the user's: got error %v", err)
	}
}
