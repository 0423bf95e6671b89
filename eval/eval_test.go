package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// letters is a system that counts the letters a to d.
type letters struct{ broken string }

func (letters) Dims() int { return 4 }

func (l letters) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		for j := range dst.Row(i) {
			dst.Row(i)[j] = float32(strings.Count(text, string(rune('a'+j))))
		}
		if text == l.broken {
			dst.Row(i)[0] = float32(math.NaN())
		}
	}
	return nil
}

// write makes a data folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var small = map[string]string{
	"wordsim/men.tsv":                 "a\tab\t9\na\tb\t1\nc\tcd\t8\n",
	"rerank/trecqa-test.jsonl":        `{"query":"a","positive":["aab"],"negative":["b","cd"]}` + "\n",
	"retrieval/arguana/corpus.jsonl":  `{"_id":"q","title":"","text":"a"}` + "\n" + `{"_id":"d","title":"a","text":"b"}` + "\n",
	"retrieval/arguana/queries.jsonl": `{"_id":"q","text":"a"}` + "\n",
	"retrieval/arguana/qrels.tsv":     "q\td\t1\n",
	"sts/STSBenchmark-dev.tsv":        "1\ta\tb\n2\ta\ta\n",
}

func TestRun(t *testing.T) {
	tasks, err := Tasks(write(t, small))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), letters{}, tasks, Options{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	// cos(a, ab) = cos(c, cd), and scores 9 and 8 of them: ranks 2.5, 1, 2.5 against 3, 1, 2.
	want := map[string]float64{"men": 100 * math.Sqrt(0.75), "trecqa-test": 100, "arguana": 100, "STSBenchmark-dev": 100}
	for _, task := range r.Tasks {
		if task.Failed() || math.Abs(task.Score-want[task.Task]) > 1e-5 {
			t.Errorf("%s: %v %q, want %v", task.Task, task.Score, task.Err, want[task.Task])
		}
	}
	var columns []string
	for _, c := range r.Columns() {
		columns = append(columns, c.Name())
	}
	if want := []string{"Rank", "Ret", "WordSim", "STS.own"}; !slices.Equal(columns, want) {
		t.Errorf("columns %v, want %v: an extra data set has one of its own", columns, want)
	}
	averages := r.Averages()
	near(t, averages[1].Name, averages[1].Score, (want["men"]+200)/3) // v1, all: the mean of data sets
	if a := averages[1]; a.Have != 2 || a.Of != 72 || len(a.Missing) != 70 {
		t.Errorf("v1 covers %d of %d, %d missing; want ArguAna and MEN of 72", a.Have, a.Of, len(a.Missing))
	}
	if a := averages[3]; a.Of != 57 {
		t.Errorf("v2 has %d data sets, want 41 and 16", a.Of)
	}
}

// One's own data sets are a set of columns with a mean and gates: all of a folder without
// others, and by the column own of one that has others too.
func TestOwnDataSets(t *testing.T) {
	files := map[string]string{
		"sts/ours.tsv": "1\ta\tb\n2\ta\ta\n", "sts/more.tsv": "2\ta\tb\n1\ta\ta\n",
		"wordsim/words.tsv": "a\tb\t1\na\ta\t2\n",
	}
	own, err := Tasks(write(t, files))
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := Tasks(write(t, small))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tasks []Task
		s     Selection
		want  string
	}{
		{own, Selection{}, "more ours words"},
		{own, Selection{Columns: []string{"own"}}, "more ours words"},
		{mixed, Selection{}, "trecqa-test arguana men"},
		{mixed, Selection{Columns: []string{"own", "Ret"}}, "arguana STSBenchmark-dev"},
	} {
		selected, err := c.s.of(c.tasks, "data")
		var names []string
		for _, task := range selected {
			names = append(names, task.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != c.want {
			t.Errorf("%v: %s (%v), want %s", c.s, got, err, c.want)
		}
	}
	r, err := Run(t.Context(), letters{}, own, Options{})
	if err != nil {
		t.Fatal(err)
	}
	scored := NewScored("letters", r)
	want := map[string]float64{"STS.own": 0, "WordSim.own": 100, "AvgOwn": 100.0 / 3} // of 100, −100 and 100
	if got := scored.Scores(); len(got) != len(want) || len(scored.Averages) != 1 || scored.Averages[0].Have != 3 || scored.Averages[0].Of != 3 {
		t.Errorf("scores %v and averages %+v, want %v of 3 data sets", got, scored.Averages, want)
	}
	for name, score := range want {
		near(t, name, scored.Scores()[name], score)
	}
	// What was written is read as the same, and gates know the names.
	data, err := json.Marshal(NewScores([]Scored{scored}))
	if err != nil {
		t.Fatal(err)
	}
	base, err := ReadScored(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	g := Gates{Folder: own, Least: []Gate{{"AvgOwn", 34}, {"STS.own", 0}, {"words", 100}, {"STS", 1}}, Drops: []Gate{{"", 0}}, Baseline: base}
	if name := g.Unknown(); name != "" {
		t.Errorf("gate %q is unknown", name)
	}
	failures := []string{"AvgOwn of letters is 33.33, under 34", "letters has no STS, but STS.own of data sets of your own"}
	if got := g.Check([]Scored{scored}); !slices.Equal(got, failures) {
		t.Errorf("%q, want %q", got, failures)
	}
	part := &Results{Tasks: r.Tasks[:2]} // as --tasks has chosen
	g = Gates{Folder: own, Least: []Gate{{"AvgOwn", -100}}}
	if got := g.Check([]Scored{NewScored("letters", part)}); len(got) != 1 || !strings.Contains(got[0], "lacks 1 of the 3 data sets") {
		t.Errorf("%q, want that a data set lacks", got)
	}
}

// A vector of NaN names its text and place; the other tasks go on, and no average
// hides it.
func TestRunNamesNaN(t *testing.T) {
	tasks, err := Tasks(write(t, small))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), letters{broken: "cd"}, tasks, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Failed(); got != 2 {
		t.Errorf("%d tasks failed, want 2", got)
	}
	for _, task := range r.Tasks {
		if task.Task == "men" && !strings.Contains(task.Err, `men.tsv:3: the model's vector of "cd" has NaN in dimension 0`) {
			t.Errorf("men failed with %q", task.Err)
		}
	}
	for _, a := range r.Averages() {
		if a.Whole && a.Name != OwnAverage { // over another data set
			t.Errorf("%s is %v, and tasks failed", a.Name, a.Score)
		}
	}
}

func TestCacheKeepsFinishedTasks(t *testing.T) {
	dir, cache := write(t, small), &Cache{Dir: t.TempDir(), Model: "letters"}
	for round := range 2 {
		tasks, err := Tasks(dir)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), letters{}, tasks, Options{Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range r.Tasks {
			if task.Cached != (round == 1) {
				t.Errorf("round %d: %s cached is %t", round, task.Task, task.Cached)
			}
		}
	}
}

func ExampleTasks() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "sts"), 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sts", "STS13-test.tsv"), nil, 0o644); err != nil {
		panic(err)
	}
	tasks, err := Tasks(dir)
	fmt.Println(tasks[0].Name, tasks[0].Column, tasks[0].Official, err)
	// Output: STS13-test STS STS13 <nil>
}

// What a user saw: scores of an older program, served for the new one.
func TestCacheIsOfOneProgram(t *testing.T) {
	tasks, err := Tasks(write(t, map[string]string{"wordsim/men.tsv": small["wordsim/men.tsv"]}))
	if err != nil {
		t.Fatal(err)
	}
	cache := Cache{Dir: t.TempDir(), Model: "letters", Program: "0.1.0", Library: "onnxruntime 1.22.0"}
	cached := func(change func(c *Cache, o *Options)) bool {
		t.Helper()
		c, o := cache, Options{Seed: DefaultSeed}
		change(&c, &o)
		o.Cache = &c
		r, err := Run(t.Context(), letters{}, tasks, o)
		if err != nil {
			t.Fatal(err)
		}
		return r.Tasks[0].Cached
	}
	cached(func(*Cache, *Options) {})
	if !cached(func(*Cache, *Options) {}) {
		t.Error("the same again is not cached")
	}
	for name, change := range map[string]func(c *Cache, o *Options){
		"program": func(c *Cache, _ *Options) { c.Program = "0.2.0" },
		"library": func(c *Cache, _ *Options) { c.Library = "" },
		"model":   func(c *Cache, _ *Options) { c.Model = "words" },
		"seed":    func(_ *Cache, o *Options) { o.Seed = 1 },
	} {
		if cached(change) {
			t.Errorf("another %s has the scores of the first", name)
		}
	}
}
