package compare_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/compare"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// words returns a model with a token a word.
func words(tokens []string, rows *matrix.Matrix, c static.Config) *static.Model {
	file := &tokenizer.File{Model: tokenizer.Model{Kind: tokenizer.WordLevel}}
	for id, token := range tokens {
		file.Model.Vocab = append(file.Model.Vocab, tokenizer.Entry{Token: token, ID: id})
	}
	if err := file.Model.SetUnk(tokens[0]); err != nil {
		panic(err)
	}
	m, err := static.New(file, quantize.Table(rows, matrix.Float32), nil, nil, c)
	if err != nil {
		panic(err)
	}
	return m
}

// circle returns the names and rows of n points on a circle, turned by angle.
func circle(n int, angle float64) ([]string, *matrix.Matrix) {
	names, rows := make([]string, n), matrix.New(n, 2)
	for i := range n {
		at := angle + 2*math.Pi*float64(i*i)/float64(n*n) // neighbours are not equally near
		names[i] = fmt.Sprint("w", i)
		rows.Row(i)[0], rows.Row(i)[1] = float32(math.Cos(at)), float32(math.Sin(at))
	}
	return names, rows
}

func models(t *testing.T, a, b *static.Model) *compare.Difference {
	t.Helper()
	d, err := compare.Models(context.Background(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestModelsByTokens(t *testing.T) {
	names, rows := circle(40, 0)
	a := words(names, rows, static.Config{})
	renamed := slices.Clone(names)
	renamed[0], renamed[39] = "new", "newer"
	d := models(t, a, words(renamed, rows, static.Config{Normalize: true, MaxLength: 7}))
	if !slices.Equal(d.Added, []string{"new", "newer"}) || !slices.Equal(d.Removed, []string{"w0", "w39"}) || d.Shared != 38 {
		t.Errorf("added %q, removed %q, shared %d", d.Added, d.Removed, d.Shared)
	}
	if want := map[string][2]string{"normalize": {"false", "true"}, "max_length": {"512", "7"}}; !reflect.DeepEqual(d.Config, want) {
		t.Errorf("config %v, want %v", d.Config, want)
	}
	if d.OtherBasis || d.Cosine["min"] < 1-1e-12 || d.Overlap != 1 || d.Neighbours != 38 {
		t.Errorf("cosine %v, overlap %v of %d", d.Cosine, d.Overlap, d.Neighbours)
	}
}

// A turned model has other rows and the same neighbours.
func TestModelsInAnotherBasis(t *testing.T) {
	names, rows := circle(40, 0)
	_, turned := circle(40, math.Pi/2)
	d := models(t, words(names, rows, static.Config{}), words(names, turned, static.Config{}))
	if math.Abs(d.Cosine["50%"]) > 1e-6 || d.Overlap != 1 || !d.OtherBasis {
		t.Errorf("cosine %v, overlap %v", d.Cosine, d.Overlap)
	}
	wide := matrix.New(40, 3)
	for i := range wide.Rows {
		copy(wide.Row(i), rows.Row((i+20)%40))
	}
	d = models(t, words(names, rows, static.Config{}), words(names, wide, static.Config{}))
	if d.Cosine != nil || d.Overlap == 1 || d.Sizes["dimensions"] != [2]float64{2, 3} {
		t.Errorf("cosine %v, overlap %v, sizes %v", d.Cosine, d.Overlap, d.Sizes)
	}
}

func TestModelsRefusesRowsThatAreNotFinite(t *testing.T) {
	names, rows := circle(12, 0)
	good := words(names, rows, static.Config{})
	_, broken := circle(12, 0)
	broken.Row(3)[1] = float32(math.Inf(1))
	if _, err := compare.Models(context.Background(), good, words(names, broken, static.Config{})); err == nil || !strings.Contains(err.Error(), `token "w3" has +Inf`) {
		t.Errorf("%v", err)
	}
}

func ExampleModels() {
	old := words([]string{"bridge", "river"}, &matrix.Matrix{Rows: 2, Cols: 2, Data: []float32{1, 0, 0, 1}}, static.Config{})
	now := words([]string{"bridge", "music"}, &matrix.Matrix{Rows: 2, Cols: 2, Data: []float32{0.6, 0.8, 0, 1}}, static.Config{})
	d, err := compare.Models(context.Background(), old, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("added %v, removed %v, cosine of the others %.1f\n", d.Added, d.Removed, d.Cosine["50%"])
	// Output: added [music], removed [river], cosine of the others 0.6
}

// A row so small that int8 makes zeros of it: diff left the token out without a word, and
// quantize had it as the worst.
func TestARowThatBecameZerosIsNamed(t *testing.T) {
	names, rows := circle(40, 0)
	rows.Row(5)[0], rows.Row(5)[1] = 1e-6, 1e-6
	a := words(names, rows, static.Config{})
	small, err := quantize.Model(t.Context(), a, quantize.Options{Type: matrix.Int8})
	if err != nil {
		t.Fatal(err)
	}
	if d := models(t, a, small); !slices.Equal(d.Zeroed, []string{"w5"}) || d.Shared != 40 {
		t.Errorf("%q became zeros of %d tokens, want w5", d.Zeroed, d.Shared)
	}
	c, err := quantize.CompareTokens(a, small)
	if err != nil || c.Zeroed != 1 || c.Which != "w5" || !strings.Contains(c.String(), "1 became zeros") {
		t.Errorf("%v (%v), want w5, which became zeros", c, err)
	}
	if d := models(t, a, a); len(d.Zeroed) != 0 {
		t.Errorf("%q became zeros in the model itself", d.Zeroed)
	}
}
