package transformer

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// golden is what the reference made of a teacher: the sampled tokens' ids as the
// teacher runs them, and their raw rows.
type golden struct {
	ids     [][]int
	tensors safetensors.SafeTensors
}

func readGolden(t *testing.T, teacher string) golden {
	t.Helper()
	data, err := os.ReadFile(testenv.Shared(t, "golden", teacher, "rows.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	g := golden{}
	if g.tensors, err = safetensors.Deserialize(data); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(testenv.Shared(t, "golden", teacher, "tokens.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	gz, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for lines := bufio.NewScanner(gz); lines.Scan(); {
		tokens = append(tokens, lines.Text())
	}
	tok, err := tokenizer.Open(filepath.Join(testenv.Models(t), teacher, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	view, ok := g.tensors.Tensor("ids")
	if !ok {
		t.Fatal("rows.safetensors has no ids")
	}
	raw := view.Data()
	size := len(raw) / int(view.Shape()[0])
	for i := range int(view.Shape()[0]) {
		row := int(binary.LittleEndian.Uint32(raw[i*size:]))
		id, ok := tok.ID(tokens[row])
		if !ok {
			t.Fatalf("token %q is not in the teacher's tokenizer", tokens[row])
		}
		g.ids = append(g.ids, []int{101, int(id), 102}) // [CLS] token [SEP]
	}
	return g
}

func (g golden) rows(t *testing.T, name string) []float32 {
	t.Helper()
	view, ok := g.tensors.Tensor(name)
	if !ok {
		t.Fatalf("rows.safetensors has no %s", name)
	}
	raw := view.Data()
	values := make([]float32, len(raw)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return values
}

// Raw rows of two float32 runtimes differ by less than 2e-4 (shared/README.md).
func TestRealRawRows(t *testing.T) {
	models := testenv.Models(t)
	for _, teacher := range []string{"bge-small-en-v1.5", "all-MiniLM-L6-v2"} {
		g := readGolden(t, teacher)
		for _, pooling := range []Pooling{Mean, First, Last} {
			e, err := Open(orttest.Start(t), filepath.Join(models, teacher), Options{Pooling: pooling, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			got := matrix.New(len(g.ids), e.Width())
			if err := e.Embed(t.Context(), g.ids, got, nil); err != nil {
				t.Fatal(err)
			}
			want := g.rows(t, "raw_"+string(pooling))
			if len(want) != len(got.Data) {
				t.Fatalf("%s %s: got %d values, want %d", teacher, pooling, len(got.Data), len(want))
			}
			worst := 0.0
			for i, v := range got.Data {
				worst = max(worst, math.Abs(float64(v)-float64(want[i])))
			}
			if !(worst <= 2e-4) {
				t.Errorf("%s %s: largest difference %g, want at most 2e-4", teacher, pooling, worst)
			}
			t.Logf("%s %s: largest difference %.2g", teacher, pooling, worst)
			e.Close()
		}
	}
}

// A dynamically quantized graph runs sequence by sequence, so that a row depends
// on its own ids alone: rows of one call equal those of another in other company.
func TestRealInt8RowsStandAlone(t *testing.T) {
	g := readGolden(t, "all-MiniLM-L6-v2")
	e, err := Open(orttest.Start(t), filepath.Join(testenv.Models(t), "all-MiniLM-L6-v2-int8"), Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.BatchSize() != 1 {
		t.Errorf("batch size %d, want 1", e.BatchSize())
	}
	all := matrix.New(len(g.ids), e.Width())
	if err := e.Embed(t.Context(), g.ids, all, nil); err != nil {
		t.Fatal(err)
	}
	one := matrix.New(1, e.Width())
	if err := e.Embed(t.Context(), g.ids[100:101], one, nil); err != nil {
		t.Fatal(err)
	}
	want := g.rows(t, "raw_mean")[100*e.Width() : 101*e.Width()]
	var dot, a, b float64
	for j, v := range one.Data {
		if v != all.Row(100)[j] {
			t.Fatalf("column %d: alone %v, in company %v", j, v, all.Row(100)[j])
		}
		dot, a, b = dot+float64(v)*float64(want[j]), a+float64(v)*float64(v), b+float64(want[j])*float64(want[j])
	}
	if cos := dot / math.Sqrt(a*b); cos < 0.95 { // quantization costs some of it
		t.Errorf("cosine with the float32 teacher's row is %.3f", cos)
	}
}

// One and two threads give the same bytes.
func TestRealSameBytesForAnyThreads(t *testing.T) {
	models := testenv.Models(t)
	g := readGolden(t, "all-MiniLM-L6-v2")
	for i := range g.ids { // several lengths, so that batches are padded
		for range i % 5 {
			g.ids[i] = append(g.ids[i], 102)
		}
	}
	var first []float32
	for _, threads := range []int{1, 2, 4} {
		e, err := Open(orttest.Start(t), filepath.Join(models, "all-MiniLM-L6-v2"), Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		got := matrix.New(len(g.ids), e.Width())
		if err := e.Embed(t.Context(), g.ids, got, nil); err != nil {
			t.Fatal(err)
		}
		e.Close()
		if first == nil {
			first = got.Data
			continue
		}
		for i, v := range got.Data {
			if v != first[i] {
				t.Fatalf("%d threads: value %d is %v, with one thread %v", threads, i, v, first[i])
			}
		}
	}
}
