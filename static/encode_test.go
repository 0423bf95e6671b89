package static_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// TestThreadsDoNotMatter: the same bytes with any number of threads, in order.
func TestThreadsDoNotMatter(t *testing.T) {
	texts := slices.Repeat(readTexts(t), 40)
	for _, folder := range []string{"float32", "clusters"} {
		m := open(t, "testdata/"+folder)
		want := encode(t, m, texts, static.Options{Threads: 1})
		for _, threads := range []int{0, 2, 7, 1000} {
			if got := encode(t, m, texts, static.Options{Threads: threads}); !slices.Equal(got.Data, want.Data) {
				t.Errorf("%s: other vectors with %d threads", folder, threads)
			}
		}
		for i, text := range texts[:16] {
			if got, err := m.EncodeOne(text, static.Options{}); err != nil || !slices.Equal(got, want.Row(i)) {
				t.Errorf("%s: EncodeOne(%.40q) differs, %v", folder, text, err)
			}
		}
	}
}

// TestEncoderDoesNotAllocate: once warm, no text costs an allocation.
func TestEncoderDoesNotAllocate(t *testing.T) {
	texts := readTexts(t)
	for _, folder := range []string{"float32", "clusters"} {
		m := open(t, "testdata/"+folder)
		e, err := m.NewEncoder(static.Options{})
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, m.Dims())
		all := func() {
			for _, text := range texts {
				e.Encode(dst, text)
			}
		}
		all()
		if n := testing.AllocsPerRun(10, all); n > 0 {
			t.Errorf("%s: %v allocations for %d texts", folder, n, len(texts))
		}
	}
}

// TestFirstDimensions: the first columns, and their norm.
func TestFirstDimensions(t *testing.T) {
	m := open(t, "testdata/float32")
	texts := readTexts(t)
	raw := encode(t, m, texts, static.Options{NoNormalize: true})
	got := encode(t, m, texts, static.Options{Dims: 5})
	for i := range texts {
		var sum float64
		for _, v := range raw.Row(i)[:5] {
			sum += float64(v) * float64(v)
		}
		for j, v := range got.Row(i) {
			want := 0.0
			if sum > 0 {
				want = float64(raw.Row(i)[j]) / math.Sqrt(sum)
			}
			if math.Abs(float64(v)-want) > 1e-6 {
				t.Errorf("text %d: %v, want %v in column %d", i, v, want, j)
			}
		}
	}
}

// TestEncodeIDs: the ids of a text give the vector that the text gives, whole, cut to the
// first dimensions, and as long as it is.
func TestEncodeIDs(t *testing.T) {
	texts := readTexts(t)
	for _, folder := range []string{"float32", "weights", "clusters", "unigram"} {
		m := open(t, "testdata/"+folder)
		e, err := m.NewEncoder(static.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []static.Options{{}, {Dims: 5}, {NoNormalize: true}} {
			want := encode(t, m, texts, o)
			got := make([]float32, want.Cols)
			for i, text := range texts {
				ids, _ := e.IDs(text)
				e.EncodeIDs(got, slices.Clone(ids), m.Config().Normalize && !o.NoNormalize)
				if !slices.Equal(got, want.Row(i)) {
					t.Errorf("%s, %+v, text %d: %v, want %v", folder, o, i, got, want.Row(i))
				}
			}
		}
		whole, first := make([]float32, m.Dims()), make([]float32, m.Dims())
		e.EncodeIDs(whole, slices.Repeat([]int32{2}, static.DefaultMaxLength), true)
		e.EncodeIDs(first, append(slices.Repeat([]int32{2}, static.DefaultMaxLength), 3, 4, 5), true)
		if !slices.Equal(whole, first) {
			t.Errorf("%s: ids after %d others count", folder, static.DefaultMaxLength)
		}
		e.EncodeIDs(first, []int32{-1, math.MaxInt32}, true)
		if slices.ContainsFunc(first, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s: ids that are none give %v", folder, first)
		}
	}
}

// TestIDsTellTheCut: a text of more tokens or characters than count is cut, one of as many is not.
func TestIDsTellTheCut(t *testing.T) {
	m := open(t, "testdata/float32")
	check := func(maxLength int, text string, n int, want bool) {
		t.Helper()
		e, err := m.NewEncoder(static.Options{MaxLength: maxLength})
		if err != nil {
			t.Fatal(err)
		}
		if ids, cut := e.IDs(text); len(ids) != n || cut != want {
			t.Errorf("%q to %d: %d tokens, cut %t; want %d, %t", text, maxLength, len(ids), cut, n, want)
		}
	}
	check(3, "a . of", 3, false)
	check(3, "a . of -", 3, true)
	check(2, "summer music", 2, true) // 4 characters a token: the text is cut inside a word
	check(static.NoMaxLength, strings.Repeat("music ", 600), 600, false)
}

// TestEncodeRefuses: what does not fit the model.
func TestEncodeRefuses(t *testing.T) {
	m := open(t, "testdata/float32")
	check := func(o static.Options, rows, cols int, want string) {
		t.Helper()
		err := m.Encode(t.Context(), []string{"the"}, matrix.New(rows, cols), o)
		if err == nil || err.Error() != "static: encode: "+want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	check(static.Options{MaxLength: -2}, 1, 12, "max length -2 is negative")
	check(static.Options{Dims: 13}, 1, 13, "13 dimensions of a model that has 12")
	check(static.Options{Dims: -1}, 1, 12, "-1 dimensions of a model that has 12")
	check(static.Options{Threads: -1}, 1, 12, "-1 threads")
	check(static.Options{}, 2, 12, "1 texts × 12 dimensions into 2×12")
	check(static.Options{Dims: 3}, 1, 12, "1 texts × 3 dimensions into 1×12")
	if _, err := m.EncodeOne("the", static.Options{Dims: 99}); err == nil {
		t.Error("EncodeOne takes 99 dimensions")
	}
	if _, err := m.NewEncoder(static.Options{MaxLength: -7}); err == nil {
		t.Error("NewEncoder takes a negative length")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Encode(ctx, []string{"the"}, matrix.New(1, 12), static.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if err := m.Encode(t.Context(), nil, matrix.New(0, 12), static.Options{}); err != nil {
		t.Errorf("no texts: %v", err)
	}
}

// TestMedianLength: the cut before tokenizing counts characters of tokens,
// added ones included, and rounds the median down.
func TestMedianLength(t *testing.T) {
	// Lengths 5, 5, 1, 1 and, added, 8: median 5. With max_length 1 a text
	// keeps 5 characters, so "a" at the sixth is gone.
	words := strings.Replace(wordsJSON, `"added_tokens":[]`,
		`"added_tokens":[{"id":4,"content":"abcdefgh","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":false}]`, 1)
	tensors := tensorFile(`{"embeddings":{"dtype":"I8","shape":[5,1],"data_offsets":[0,5]}}`, 1, 1, 1, 1, 1)
	m := open(t, makeFolder(t, map[string]string{"tokenizer.json": words, "model.safetensors": tensors}))
	for text, want := range map[string]float32{"    a": 1, "     a": 0, "日本語日 a": 0, "é a": 0} {
		if got, _ := m.EncodeOne(text, static.Options{MaxLength: 1}); got[0] != want {
			t.Errorf("%q gives %v, want %v", text, got, want)
		}
	}
}

// TestExplain: fates and shares.
func TestExplain(t *testing.T) {
	m := open(t, "testdata/clusters")
	text := "a zzz in reads . , it is old"
	x, err := m.Explain(text, static.Options{MaxLength: 6})
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	total := 0.0
	for _, p := range x.Pieces {
		tokens = append(tokens, fmt.Sprintf("%s %s", p.Token, p.Status))
		total += p.Share
		if kept := p.Status == static.Kept; kept != (p.Weight != 0) || kept != (p.Norm != 0) || !kept && p.Share != 0 {
			t.Errorf("%+v", p)
		}
		if p.Status == static.Kept && p.Weight != m.Weight(p.ID) {
			t.Errorf("%s has weight %v, want %v", p.Token, p.Weight, m.Weight(p.ID))
		}
	}
	want := "a kept, [UNK] unknown, in kept, read kept, ##s kept, . kept, , truncated, it truncated, is truncated"
	if got := strings.Join(tokens, ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if x.Cut != " old" { // 6 tokens × median length 4
		t.Errorf("cut off: %q", x.Cut)
	}
	if math.Abs(total-1) > 1e-12 {
		t.Errorf("shares sum to %v", total)
	}
	if vector, _ := m.EncodeOne(text, static.Options{MaxLength: 6}); !slices.Equal(vector, x.Vector) {
		t.Error("another vector than Encode's")
	}
	if x, _ = m.Explain("zzz", static.Options{}); len(x.Pieces) != 1 || x.Pieces[0].Share != 0 {
		t.Errorf("an unknown word: %+v", x.Pieces)
	}
	if _, err := m.Explain("the", static.Options{Dims: 13}); err == nil {
		t.Error("13 dimensions of 12")
	}
}

// TestNeighbors compares with cosines computed one by one.
func TestNeighbors(t *testing.T) {
	for _, folder := range []string{"float32", "clusters"} {
		m := open(t, "testdata/"+folder)
		v, err := m.EncodeOne("river", static.Options{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := m.Neighbors(v, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != m.Size()-1 { // all but [UNK]
			t.Errorf("%s: %d neighbours of %d tokens", folder, len(all), m.Size())
		}
		for i, n := range all {
			if want := cosine(m.Row(n.ID), v); math.Abs(n.Cosine-want) > 1e-6 {
				t.Errorf("%s: %s has cosine %v, want %v", folder, n.Token, n.Cosine, want)
			}
			if i > 0 && (n.Cosine > all[i-1].Cosine || n.Cosine == all[i-1].Cosine && n.ID < all[i-1].ID) {
				t.Errorf("%s: %s comes after %s", folder, n.Token, all[i-1].Token)
			}
		}
		first, err := m.Neighbors(v, 3)
		if err != nil || !slices.Equal(first, all[:3]) {
			t.Errorf("%s: the first three are %v, %v", folder, first, err)
		}
		if folder == "float32" && (first[0].Token != "river" || math.Abs(first[0].Cosine-1) > 1e-6) {
			t.Errorf("nearest to river is %v", first[0])
		}
		if zero, err := m.Neighbors(make([]float32, m.Dims()), 3); len(zero) != 0 || err != nil {
			t.Errorf("%s: zeros have neighbours: %v, %v", folder, zero, err)
		}
		if _, err := m.Neighbors(v[1:], 3); err == nil {
			t.Errorf("%s: a vector of 11 has neighbours", folder)
		}
	}
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(aa*bb)
}

// The token that a text is comes not among its neighbours; of a longer text all tokens may.
func TestNeighborsOf(t *testing.T) {
	m := open(t, "testdata/float32")
	v, err := m.EncodeOne("river", static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Neighbors(v, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int][]static.Neighbor{0: all[1:], 3: all[1:4]} {
		if got, err := m.NeighborsOf("river", n); err != nil || !slices.Equal(got, want) {
			t.Errorf("NeighborsOf(river, %d) = %v, %v, want %v", n, got, err, want)
		}
	}
	if two, err := m.NeighborsOf("river winter", 2); err != nil || len(two) != 2 || two[0].Cosine >= 1 {
		t.Errorf("of two words: %v, %v", two, err)
	}
	if _, err := m.NeighborsOf("☃", 2); err == nil || !strings.Contains(err.Error(), `knows no token of "☃"`) {
		t.Errorf("of a text without tokens: %v", err)
	}
}

// Model.Encode into nothing panicked.
func TestEncodeIntoNothing(t *testing.T) {
	if err := open(t, "testdata/float32").Encode(t.Context(), []string{"the"}, nil, static.Options{}); err == nil || !strings.Contains(err.Error(), "matrix.New(1, 12)") {
		t.Errorf("got %v, want what to make", err)
	}
}
