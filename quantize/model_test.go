package quantize_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// words returns a model whose tokens are a word each, and their rows. Tokens in square
// brackets other than [unused0] are special.
func words(t testing.TB, tokens []string, rows *matrix.Matrix, weights []float64) *static.Model {
	t.Helper()
	file := &tokenizer.File{PreTokenizer: []byte(`{"type":"WhitespaceSplit"}`), Model: tokenizer.Model{Kind: tokenizer.WordLevel}}
	for id, token := range tokens {
		file.Model.Vocab = append(file.Model.Vocab, tokenizer.Entry{Token: token, ID: id})
		if strings.HasPrefix(token, "[") && token != "[unused0]" {
			file.AddedTokens = append(file.AddedTokens, tokenizer.AddedToken{ID: id, Content: token, Special: true})
		}
	}
	if err := file.Model.SetUnk(tokens[0]); err != nil {
		t.Fatal(err)
	}
	m, err := static.New(file, quantize.Table(rows, matrix.Float32), weights, nil, static.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sample(t testing.TB) *static.Model {
	t.Helper()
	return words(t, []string{"[UNK]", "[unused0]", "bridge", "river", "music"}, &matrix.Matrix{Rows: 5, Cols: 3, Data: []float32{
		9, -0.001, 0.001,
		7, 0.001, -0.001,
		1, 0.5, 0.25,
		-1, 0.5, 0.125,
		0, 0, 0,
	}}, nil)
}

func TestModelKeepsFirstDimensionsAndType(t *testing.T) {
	m := sample(t)
	small, err := quantize.Model(context.Background(), m, quantize.Options{Type: matrix.Float16, Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	if small.Dims() != 2 || small.Table().Type != matrix.Float16 || !slices.Equal(small.Row(3), []float32{-1, 0.5}) {
		t.Errorf("%d dimensions of %v, river %v", small.Dims(), small.Table().Type, small.Row(3))
	}
	if got := quantize.Bytes(small); got != 5*2*2 {
		t.Errorf("%d bytes, want 20", got)
	}
}

// What a token weighs must not decide which tokens share a row: rows of one direction are
// one row with two weights.
func TestModelSharesRowsOfOneDirection(t *testing.T) {
	m := words(t, []string{"unk", "a", "b", "c"}, &matrix.Matrix{Rows: 4, Cols: 2, Data: []float32{0, 1, 3, 4, 6, 8, -5, 0}}, nil)
	shared, err := quantize.Model(context.Background(), m, quantize.Options{Type: matrix.Float32, Clusters: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	to := shared.Mapping()
	if to[1] != to[2] || to[1] == to[3] || to[0] == to[1] {
		t.Fatalf("rows %v", to)
	}
	if w := shared.Weights(); math.Abs(w[1]-5) > 1e-6 || math.Abs(w[2]-10) > 1e-6 {
		t.Errorf("weights %v, want the norms", w)
	}
	if _, err := quantize.Model(context.Background(), shared, quantize.Options{Clusters: 2}); !errors.Is(err, quantize.ErrShared) {
		t.Errorf("clusters of clusters: %v", err)
	}
	if row := m.Row(1); !slices.Equal(row, []float32{3, 4}) {
		t.Errorf("the old model's row is now %v", row)
	}
}

func TestModelRefuses(t *testing.T) {
	for _, o := range []quantize.Options{{Dims: -1}, {Dims: 4}, {Clusters: -1}, {Clusters: 6}} {
		if _, err := quantize.Model(context.Background(), sample(t), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

// The worst token was [unused0] or [PAD], of which no text consists.
func TestCompareTokensNamesARealToken(t *testing.T) {
	old := sample(t)
	now := words(t, []string{"[UNK]", "[unused0]", "bridge", "river", "music"}, &matrix.Matrix{Rows: 5, Cols: 2, Data: []float32{
		-9, 0, // a special token that is turned round
		-7, 0, // an unused one
		1, 0.5,
		-1, 0.6,
		1, 1, // zeros before
	}}, nil)
	c, err := quantize.CompareTokens(old, now)
	if err != nil {
		t.Fatal(err)
	}
	// river: (1 + 0.3)/√((1+0.25)(1+0.36)); bridge: the same, so 1.
	want := 1.3 / math.Sqrt(1.25*1.36)
	if c.Count != 2 || c.Which != "river" || math.Abs(c.Worst-want) > 1e-6 || math.Abs(c.Mean-(1+want)/2) > 1e-6 {
		t.Errorf("%+v, want 2 cosines, the worst %v of river", c, want)
	}
}

func TestTextCosines(t *testing.T) {
	old := sample(t)
	now, err := quantize.Model(context.Background(), old, quantize.Options{Type: matrix.Int8, Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	texts := quantize.NewTextCosines(old, now)
	for _, list := range [][]string{{"bridge", "nothing known"}, {"river bridge"}} {
		if err := texts.Add(context.Background(), list); err != nil {
			t.Fatal(err)
		}
	}
	if c := texts.Cosines(); c.Count != 2 || c.Worst > c.Mean || c.Mean < 0.99 {
		t.Errorf("%+v, want two cosines near 1: a text without tokens does not count", c)
	}
}

func ExampleModel() {
	old := sample(&testing.T{})
	small, err := quantize.Model(context.Background(), old, quantize.Options{Type: matrix.Int8})
	if err != nil {
		fmt.Println(err)
		return
	}
	cosines, err := quantize.CompareTokens(old, small)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d bytes, then %d; %v\n", quantize.Bytes(old), quantize.Bytes(small), cosines)
	// Output: 60 bytes, then 15; mean 0.999710, worst 0.999544 ("bridge")
}
