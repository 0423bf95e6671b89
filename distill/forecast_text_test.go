package distill_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/transformer"
)

// TestForecastInWords: a line for each thing that is known, and none for what is not.
func TestForecastInWords(t *testing.T) {
	f := &distill.Forecast{
		Teacher: "me/teacher", Tokenizer: "wordpiece", Counts: map[string]int{"teacher": 9, "rows": 7, "pruned": 2},
		Graph:  &transformer.Info{File: "model.onnx", Bytes: 1_500_000, Inputs: []string{"ids"}, Outputs: []string{"states", "pooled"}, Hidden: "states", Pooled: "pooled", Width: 8},
		Source: "output", Pooling: string(transformer.Pooler), Dims: 4, AtMost: true, Sizes: map[string]int64{"float16": 2_000_000},
		Seconds: 12, Memory: 3_000_000, Texts: 5, TextSeconds: 3, Warnings: []string{"two\nlines"},
	}
	var b strings.Builder
	f.WriteText(&b)
	for _, want := range []string{
		"teacher\tme/teacher\n", "vocabulary\t9 tokens → 7 rows (2 pruned)\n", "graph\tmodel.onnx, 1.5 MB\n", "pooling\tpooler of pooled, width 8\n",
		"dimensions\t4 at most\n", "float16 2.0 MB", "time\tabout 12 s\n", "time of the texts\tabout 3 s for 5\n", "peak memory\tabout 3.0 MB\n", "warning\ttwo lines\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	b.Reset()
	alone := &distill.Forecast{Counts: map[string]int{"teacher": 3, "rows": 3}, Graph: &transformer.Info{Width: 8}, Sizes: map[string]int64{}}
	alone.WriteText(&b)
	if got := b.String(); !strings.Contains(got, "3 rows (unchanged)") || !strings.Contains(got, "vectors\tof texts, width 8") || strings.Contains(got, "time") || strings.Contains(got, "graph") {
		t.Errorf("vectors alone:\n%s", got)
	}
}

// TestCorpusStream: all texts in their order, or those that are drawn; bad records are counted.
func TestCorpusStream(t *testing.T) {
	path := filepath.Join(t.TempDir(), "texts.jsonl")
	if err := os.WriteFile(path, []byte("\"a\"\n7\n\"b\"\n\"c\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := texts.DefaultOptions()
	o.Bad = func(*texts.BadRecord) error { return nil }
	read := func(c distill.Corpus) (list []string, skipped int64) {
		s, err := c.Stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for batch := make([]string, 2); ; {
			n, err := s.Next(batch)
			list = append(list, batch[:n]...)
			if errors.Is(err, io.EOF) {
				return list, s.Skipped()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	all := distill.Corpus{Files: []string{path}, Read: o}
	if list, skipped := read(all); !slices.Equal(list, []string{"a", "b", "c"}) || skipped != 1 {
		t.Errorf("%q, %d skipped", list, skipped)
	}
	all.Max = 2
	if list, _ := read(all); len(list) != 2 {
		t.Errorf("2 drawn: %q", list)
	}
	if _, err := (distill.Corpus{Files: []string{path + ".gone"}}).Stream(t.Context()); err == nil {
		t.Error("a file that is not there is opened")
	}
}
