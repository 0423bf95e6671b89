package wordvec_test

import (
	"compress/gzip"
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
	"github.com/m2v-dev/m2v/wordvec"
)

// wordsGolden is testdata/words.json: sentence-transformers 6.2.0,
// testdata/gen/wordvec.py.
type wordsGolden struct {
	Words   []string
	Vectors [][]float32
	Cases   []struct {
		Text   string
		Rows   []int32
		Vector []float32
	}
}

func TestWordsEqualsSentenceTransformers(t *testing.T) {
	var golden wordsGolden
	data, err := os.ReadFile("testdata/words.json")
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil || len(golden.Cases) < 200 {
		t.Fatal(len(golden.Cases), err)
	}
	rows := matrix.New(len(golden.Words), 3)
	for i, v := range golden.Vectors {
		copy(rows.Row(i), v)
	}
	words := wordvec.NewWords(golden.Words)
	enc := wordvec.NewEncoder(rows, words)
	var texts []string
	for _, c := range golden.Cases {
		texts = append(texts, c.Text)
		if got := words.AppendRows(nil, c.Text); !slices.Equal(got, c.Rows) {
			t.Errorf("rows of %q are %v, want %v", c.Text, got, c.Rows)
		}
	}
	dst := matrix.New(len(texts), enc.Dims())
	if err := enc.Encode(context.Background(), texts, dst); err != nil {
		t.Fatal(err)
	}
	for i, c := range golden.Cases {
		for j, want := range c.Vector {
			if got := dst.Row(i)[j]; math.Abs(float64(got-want)) > 1e-6 {
				t.Errorf("%q[%d] = %v, want %v", c.Text, j, got, want)
			}
		}
	}
}

// letters has an id for each of its letters.
type letters string

func (l letters) AppendIDs(dst []int32, text string) []int32 {
	for _, r := range text {
		dst = append(dst, int32(strings.IndexRune(string(l), r)))
	}
	return dst
}

func TestPiecesPreprocessAsBPEmb(t *testing.T) {
	check := func(text, want string) {
		t.Helper()
		p := wordvec.Pieces{Model: letters(want + "?")}
		var ids []int32
		for _, r := range want {
			ids = append(ids, int32(strings.IndexRune(want, r)))
		}
		if got := p.AppendRows(nil, text); !slices.Equal(got, ids) {
			t.Errorf("%q becomes %v, want %v, %q", text, got, ids, want)
		}
	}
	check("B1٣ b", "b00 b") // re.sub(r"\d", "0", text.lower())
	check("ΟΔΟΣ", "οδος")
}

func TestCheckPieces(t *testing.T) {
	v := &wordvec.Vectors{Words: []string{"<unk>", "▁a"}, Rows: matrix.New(2, 1)}
	check := func(want string, pieces ...string) {
		t.Helper()
		if err := v.CheckPieces(pieces); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckPieces(%q) = %v, want %q", pieces, err, want)
		}
	}
	check("", "<unk>", "▁a")
	check(`vector 1 is that of "▁a", piece 1 of the model is "▁b"`, "<unk>", "▁b")
	check("2 vectors, and the model has 3 pieces", "<unk>", "▁a", "▁b")
}

func TestEncodeStops(t *testing.T) {
	enc := wordvec.NewEncoder(matrix.New(1, 2), wordvec.NewWords([]string{"cat"}))
	if err := enc.Encode(t.Context(), []string{"cat"}, matrix.New(1, 3)); err == nil {
		t.Error("no error for a matrix of another width")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := enc.Encode(ctx, []string{"cat"}, matrix.New(1, 2)); err == nil {
		t.Error("no error after the end of ctx")
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, zip bool) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if !zip {
			fmt.Fprint(f, gloveText)
			return path
		}
		z := gzip.NewWriter(f)
		fmt.Fprint(z, gloveText)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, path := range []string{write("plain.txt", false), write("packed.txt.gz", true)} {
		if v, err := wordvec.Open(path, wordvec.GloVe); err != nil || len(v.Words) != 3 {
			t.Errorf("%s: %v, %v", path, v, err)
		}
	}
	_, err := wordvec.Open(write("plain.txt", false), wordvec.Word2Vec)
	if err == nil || !strings.Contains(err.Error(), "plain.txt: wordvec: read word2vec: line 1") {
		t.Errorf("a GloVe file read as word2vec: %v", err)
	}
	if _, err := wordvec.Open(filepath.Join(dir, "none"), wordvec.GloVe); err == nil {
		t.Error("no error for a file that is not there")
	}
}

func ExampleEncoder() {
	v, err := wordvec.Read(strings.NewReader("cat 1 0\ndog 0.5 0.5\n"), wordvec.GloVe)
	if err != nil {
		panic(err)
	}
	enc := wordvec.NewEncoder(v.Rows, wordvec.NewWords(v.Words))
	dst := matrix.New(1, enc.Dims())
	if err := enc.Encode(context.Background(), []string{"The cat and the Dog!"}, dst); err != nil {
		panic(err)
	}
	fmt.Println(dst.Row(0))
	// Output: [0.75 0.25]
}
