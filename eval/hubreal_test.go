package eval

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
)

// pairsOfLetters is a system that counts pairs of letters.
type pairsOfLetters struct{}

func (pairsOfLetters) Dims() int { return 64 }

func (pairsOfLetters) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		for j := 0; j+1 < len(text); j++ {
			dst.Row(i)[(31*int(text[j])+int(text[j+1]))%64]++
		}
	}
	return nil
}

// lines returns the lines of a file of the shared data.
func lines(t *testing.T, path ...string) []string {
	t.Helper()
	f, err := os.Open(testenv.Shared(t, append([]string{"eval"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(f.Name(), ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		out = append(out, scanner.Text())
	}
	return out
}

// save writes a file and the folders above it.
func save(t *testing.T, data string, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// saveParquet writes rows as a Parquet file.
func saveParquet[T any](t *testing.T, rows []T, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(name, rows); err != nil {
		t.Fatal(err)
	}
}

// objects turns lines of fields between tabs into JSON lines; a name that begins with #
// is a number's.
func objects(t *testing.T, rows []string, names ...string) string {
	t.Helper()
	var b strings.Builder
	for _, row := range rows {
		object := map[string]any{}
		for i, value := range strings.Split(row, "\t") {
			if name, ok := strings.CutPrefix(names[i], "#"); ok {
				number, err := strconv.ParseFloat(value, 64)
				if err != nil {
					t.Fatal(err)
				}
				object[name] = number
			} else {
				object[names[i]] = value
			}
		}
		data, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, string(data))
	}
	return b.String()
}

// scoresOf runs all tasks of dir and returns their scores by official name.
func scoresOf(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	tasks, err := Tasks(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), pairsOfLetters{}, tasks, Options{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, one := range r.Tasks {
		if one.Failed() {
			t.Errorf("%s failed: %s", one.Task, one.Err)
		}
		for _, w := range one.Warnings {
			t.Logf("%s: %s", one.Task, w)
		}
		out[one.task.Official] = one.Score
	}
	return out
}

// TestRealHubFormsEqualTheFolderForm turns data of the folder form into the Hub's forms:
// the scores are the same, draws included.
func TestRealHubFormsEqualTheFolderForm(t *testing.T) {
	folder, hub := t.TempDir(), t.TempDir()
	for _, name := range []string{"sts/STS13-test.tsv", "sts/STS17-en-en-test.tsv", "pair/twitterurl-test.tsv.gz", "retrieval/scifact",
		"class/banking77", "class/emotion", "summ/summeval.jsonl.gz", "pearl/bird.tsv", "pearl/conll-cluster.tsv"} {
		link := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(testenv.Shared(t, "eval", filepath.FromSlash(name)), link); err != nil {
			t.Fatal(err)
		}
	}
	// STS13 as JSON lines in a folder of the task's name, STS17 among other languages.
	save(t, objects(t, lines(t, "sts", "STS13-test.tsv"), "#score", "sentence1", "sentence2"), hub, "STS13", "test.jsonl")
	var crosslingual []string
	for i, row := range lines(t, "sts", "STS17-en-en-test.tsv") {
		crosslingual = append(crosslingual, row+"\ten-en")
		if i%3 == 0 {
			crosslingual = append(crosslingual, row+"\tes-en")
		}
	}
	save(t, objects(t, crosslingual, "#score", "sentence1", "sentence2", "lang"), hub, "mteb", "sts17-crosslingual-sts", "data", "test.jsonl")
	// TwitterURL: all pairs in one row of lists, as Parquet.
	type lists struct {
		Sent1  []string `parquet:"sent1,list"`
		Sent2  []string `parquet:"sent2,list"`
		Labels []int64  `parquet:"labels,list"`
	}
	var pairs lists
	for _, row := range lines(t, "pair", "twitterurl-test.tsv.gz") {
		f := strings.Split(row, "\t")
		label, _ := strconv.ParseInt(f[0], 10, 64)
		pairs.Sent1, pairs.Sent2, pairs.Labels = append(pairs.Sent1, f[1]), append(pairs.Sent2, f[2]), append(pairs.Labels, label)
	}
	saveParquet(t, []lists{pairs}, hub, "datasets--mteb--twitterurlcorpus-pairclassification", "snapshots", "8b65", "data", "test-00000-of-00001.parquet")
	// SciFact as BEIR has it.
	save(t, strings.Join(lines(t, "retrieval", "scifact", "corpus.jsonl.gz"), "\n"), hub, "scifact", "corpus.jsonl")
	save(t, strings.Join(lines(t, "retrieval", "scifact", "queries.jsonl"), "\n"), hub, "scifact", "queries.jsonl")
	save(t, "query-id\tcorpus-id\tscore\n"+strings.Join(lines(t, "retrieval", "scifact", "qrels.tsv"), "\n")+"\n", hub, "scifact", "qrels", "test.tsv")
	// banking77 as Parquet in two parts, emotion as JSON lines.
	type labelled struct {
		Text  string `parquet:"text"`
		Label string `parquet:"label"`
	}
	for _, split := range []string{"train", "test"} {
		var rows []labelled
		for _, row := range lines(t, "class", "banking77", split+".tsv.gz") {
			label, text, _ := strings.Cut(row, "\t")
			rows = append(rows, labelled{text, label})
		}
		half := len(rows) / 2
		saveParquet(t, rows[:half], hub, "mteb", "banking77", "data", split+"-00000-of-00002-0a1b.parquet")
		saveParquet(t, rows[half:], hub, "mteb", "banking77", "data", split+"-00001-of-00002-2c3d.parquet")
		name := split + ".tsv.gz"
		if _, err := os.Stat(testenv.Shared(t, "eval", "class", "emotion") + "/" + name); err != nil {
			name = split + ".tsv"
		}
		save(t, objects(t, lines(t, "class", "emotion", name), "label", "text"), hub, "EmotionClassification", split+".jsonl")
	}
	save(t, strings.Join(lines(t, "summ", "summeval.jsonl.gz"), "\n"), hub, "SummEvalSummarization.v2", "test.jsonl")
	bird := []string{"term1\tterm2\trelatedness score"}
	bird = append(bird, lines(t, "pearl", "bird.tsv")...)
	save(t, strings.Join(bird, "\n"), hub, "pearl_benchmark", "data", "bird", "bird.tsv")
	conll := append([]string{"label\tentity"}, lines(t, "pearl", "conll-cluster.tsv")...)
	save(t, strings.Join(conll, "\n"), hub, "pearl_benchmark", "data", "conll", "conll.tsv")

	want, got := scoresOf(t, folder), scoresOf(t, hub)
	want["SummEvalSummarization.v2"] = want["SummEval"]
	delete(want, "SummEval")
	if len(got) != len(want) || len(got) != 9 {
		t.Errorf("%d data sets, want the folder form's %d: 9", len(got), len(want))
	}
	for name, score := range want {
		if math.Abs(got[name]-score) > 1e-9 {
			t.Errorf("%s: %v from the Hub's form, %v from the folder form", name, got[name], score)
		}
	}
}
