package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// protocolForms are the folders of testdata/protocols.
var protocolForms = []string{"plain", "hub", "multilingual"}

func tasksOf(t *testing.T, form, dir string) []Task {
	t.Helper()
	tasks, err := Tasks(dir)
	if form == "multilingual" {
		tasks, err = Multilingual(dir, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

// dying is weighedPairs that fails at a call, from 0 on, or calls end there.
type dying struct {
	weighedPairs
	calls, at int
	err       error
	end       func()
}

func (f *dying) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	f.calls++
	if f.calls-1 == f.at {
		if f.end != nil {
			f.end()
		}
		return f.err
	}
	return f.weighedPairs.Encode(ctx, texts, dst)
}

// An encoder that fails at any of a protocol's calls fails that task, with its words, and
// no other. One whose context ends, ends the run.
func TestEncoderThatFails(t *testing.T) {
	broken := errors.New("out of memory")
	const most = 8 // calls of a task
	for _, form := range protocolForms {
		for _, task := range tasksOf(t, form, filepath.Join("testdata", "protocols", form)) {
			for at := range most {
				enc := &dying{at: at, err: broken}
				r, err := Run(t.Context(), enc, []Task{task}, Options{Seed: DefaultSeed})
				if err != nil {
					t.Fatal(err)
				}
				if enc.calls <= at { // the task takes no more calls
					break
				}
				if one := r.Tasks[0]; !strings.Contains(one.Err, broken.Error()) {
					t.Errorf("%s %s: call %d failed, and the result is %v, %q", form, task.Name, at, one.Score, one.Err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := Run(ctx, &dying{err: context.Canceled, end: cancel}, []Task{task, task}, Options{}); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), task.Name) {
				t.Errorf("%s %s: %v, want a run that was cancelled, by its task", form, task.Name, err)
			}
			cancel()
		}
	}
}

// Damaged files of a user end in an error that names the file: whichever file of a data set,
// cut to nothing, full of something else, or gone after it was listed.
func TestDamagedFiles(t *testing.T) {
	for _, form := range protocolForms {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "protocols", form))); err != nil {
			t.Fatal(err)
		}
		for _, task := range tasksOf(t, form, dir) {
			for _, path := range task.files {
				good, err := os.ReadFile(path)
				if err != nil {
					continue // one that the fixture has not
				}
				for what, damage := range map[string]func() error{
					"empty": func() error { return os.WriteFile(path, nil, 0o600) },
					"other": func() error { return os.WriteFile(path, []byte("{\"x\": \n\xff"), 0o600) },
					"gone":  func() error { return os.Remove(path) },
				} {
					if err := damage(); err != nil {
						t.Fatal(err)
					}
					r, err := Run(t.Context(), weighedPairs{}, []Task{task}, Options{Seed: DefaultSeed})
					if err != nil {
						t.Fatal(err)
					}
					if one := r.Tasks[0]; !strings.Contains(one.Err, filepath.Base(path)) {
						t.Errorf("%s %s: %s is %s, and the result is %v, %q", form, task.Name, filepath.Base(path), what, one.Score, one.Err)
					}
					if err := os.WriteFile(path, good, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

func TestParseGates(t *testing.T) {
	folder := []Task{gateTask("STS12-test"), gateTask("STS13-test")}
	g := Gates{Folder: folder}
	if err := g.Parse([]string{"STS=45", "STS13-test=-1.5"}, []string{"0.5", "AvgAll.v1=2"}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(g.Least, g.Drops), "[{STS 45} {STS13-test -1.5}] [{ 0.5} {AvgAll.v1 2}]"; got != want {
		t.Errorf("gates %s, want %s", got, want)
	}
	for _, c := range []struct{ least, drop, want string }{
		{"STS", "", `fail-under: "STS" is not NAME=NUMBER`},
		{"=45", "", `fail-under: "=45" is not`},
		{"STS=NaN", "", `fail-under: "STS=NaN" is not`},
		{"STS=+Inf", "", `fail-under: "STS=+Inf" is not`},
		{"", "-1", `max-drop: "-1" is neither a number of points`},
		{"", "STS=-0.5", `max-drop: "STS=-0.5" is neither`},
		{"", "nan", `max-drop: "nan" is neither`},
		{"", "STS", `max-drop: "STS" is neither`},
		{"STS14-test=1", "", `"STS14-test" is not a column or average`},
		{"", "Sts=1", `"Sts" is not a column or average`},
	} {
		var least, drops []string
		if c.least != "" {
			least = []string{c.least}
		}
		if c.drop != "" {
			drops = []string{c.drop}
		}
		g := Gates{Folder: folder}
		if err := g.Parse(least, drops); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s%s: %v, want %q", c.least, c.drop, err, c.want)
		}
	}
}

func TestReadBaseline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scores.json")
	for content, want := range map[string]string{
		"{":               "read scores: unexpected EOF",
		`{"models": []}`:  "it has no models",
		`{"models": [1]}`: "read scores: json",
		`[]`:              "read scores: json",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBaseline(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "scores.json") {
			t.Errorf("%s: %v, want %q and the file", content, err, want)
		}
	}
	if _, err := ReadBaseline(path + ".gone"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// AvgAll.v1 is a mean over data sets, AvgAll.v2 one over columns; a failed task leaves its
// column and averages without a score.
func TestWriteTable(t *testing.T) {
	for markdown, want := range map[bool]string{
		false: "model  STS    WordSim  AvgMTEB.v1  AvgAll.v1  AvgMTEB.v2  AvgAll.v2\n" +
			"a      60.00  45.00    60.00       50.00      60.00       52.50\n" +
			"b      70.00  failed   70.00       failed     70.00       failed\n",
		true: "| model | STS | WordSim | AvgMTEB.v1 | AvgAll.v1 | AvgMTEB.v2 | AvgAll.v2 |\n" +
			"| --- | --- | --- | --- | --- | --- | --- |\n" +
			"| a | 60.00 | 45.00 | 60.00 | 50.00 | 60.00 | 52.50 |\n" +
			"| b | 70.00 | failed | 70.00 | failed | 70.00 | failed |\n",
	} {
		var out strings.Builder
		if err := WriteTable(&out, twoModels(), markdown); err != nil || out.String() != want {
			t.Errorf("%v, got\n%swant\n%s", err, out.String(), want)
		}
	}
}

// A folder that holds no data set is told of by its name: it may be a misspelt one.
func TestUnknownFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"wordsim", "wordsims", "sts16-sts"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Unknown(dir); err != nil || fmt.Sprint(got) != "[wordsims]" {
		t.Errorf("unknown %q, %v", got, err)
	}
	if _, err := Unknown(filepath.Join(dir, "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// The texts of data sets are JSON Lines, characters as they are.
func TestWriteTexts(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "wordsim", "men.tsv")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("a<b\t\"c\"\t9\nä\ta<b\t1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := WriteTexts(t.Context(), &out, tasksOf(t, "plain", dir), DefaultSeed); err != nil || out.String() != "\"a<b\"\n\"\\\"c\\\"\"\n\"ä\"\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := os.WriteFile(name, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteTexts(t.Context(), &out, tasksOf(t, "plain", dir), DefaultSeed); err == nil || !strings.Contains(err.Error(), "men.tsv:1") {
		t.Errorf("a broken file: %v", err)
	}
}

// Each query twice, under two ids, and in another order: the score is that of each once.
func TestQueriesOfOneText(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "retrieval"), os.DirFS(filepath.Join("testdata", "protocols", "plain", "retrieval"))); err != nil {
		t.Fatal(err)
	}
	score := func() float64 {
		t.Helper()
		r, err := Run(t.Context(), weighedPairs{}, tasksOf(t, "plain", root), Options{Seed: DefaultSeed})
		if err != nil || len(r.Tasks) != 1 || r.Tasks[0].Failed() {
			t.Fatalf("%+v, %v", r, err)
		}
		return r.Tasks[0].Score
	}
	once := score()
	for name, copied := range map[string]func(line string) string{
		"queries.jsonl": func(line string) string { return strings.Replace(line, `"_id": "`, `"_id": "copy-`, 1) },
		"qrels.tsv":     func(line string) string { return "copy-" + line },
	} {
		path := filepath.Join(root, "retrieval", "scifact", name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		var out []string
		for i := range lines {
			out = append(out, lines[len(lines)-1-i])
		}
		for _, line := range lines {
			out = append(out, copied(line))
		}
		if err := os.WriteFile(path, []byte(strings.Join(out, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if twice := score(); math.Abs(twice-once) > 1e-9 {
		t.Errorf("%v with each query twice, %v with each once", twice, once)
	}
}
