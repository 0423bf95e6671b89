package static

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// drawn returns a table and the rows and weights of a text.
func drawn(seed uint64, tableRows, stride, n int) (table []float32, rows []int32, weights []float32) {
	r := rand.New(rand.NewPCG(seed, 0))
	table = make([]float32, tableRows*stride)
	for i := range table {
		table[i] = float32(r.NormFloat64())
	}
	for range n {
		rows = append(rows, int32(r.IntN(tableRows)))
		weights = append(weights, r.Float32())
	}
	return table, rows, weights
}

// TestSumsAddInOrder compares with the plain loop to the last bit, for every
// count of rows and width that a kernel may treat on its own.
func TestSumsAddInOrder(t *testing.T) {
	t.Run("loops", func(t *testing.T) {
		defer func(has bool) { hasKernels = has }(hasKernels)
		hasKernels = false
		checkSums(t)
	})
	t.Run("kernels", func(t *testing.T) {
		if !hasKernels && runtime.GOARCH == "amd64" {
			t.Log("this processor has no AVX: the loops again")
		}
		checkSums(t)
	})
}

func checkSums(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 40, 513} {
		for _, width := range []int{1, 3, 7, 8, 9, 15, 16, 31, 63, 64, 65, 128, 256, 300} {
			stride := width + n%3 // also the first columns of wider rows
			table, rows, weights := drawn(uint64(n*1000+width), 50, stride, n)
			plain, weighted := make([]float32, width), make([]float32, width)
			for k, row := range rows {
				for j := range width {
					v := table[int(row)*stride+j]
					plain[j] += v
					weighted[j] += float32(weights[k] * v)
				}
			}
			got := make([]float32, width+1)
			got[width] = 42 // must stay
			addRows(got[:width], table, stride, rows)
			if !slices.Equal(got[:width], plain) || got[width] != 42 {
				t.Errorf("addRows of %d rows × %d: another sum", n, width)
			}
			clear(got[:width])
			addWeighted(got[:width], table, stride, rows, weights)
			if !slices.Equal(got[:width], weighted) || got[width] != 42 {
				t.Errorf("addWeighted of %d rows × %d: another sum", n, width)
			}
		}
	}
}

func TestAverage(t *testing.T) {
	v := []float32{3, 4, 0, 0, 0}
	average(v, 2, false)
	if !slices.Equal(v, []float32{1.5, 2, 0, 0, 0}) {
		t.Errorf("mean %v", v)
	}
	average(v, 7, true) // a number of rows does not matter to the direction
	for i, want := range []float64{0.6, 0.8, 0, 0, 0} {
		if math.Abs(float64(v[i])-want) > 1e-7 {
			t.Errorf("normalised %v", v)
		}
	}
	for _, zero := range [][]float32{{0, 0}, {0}} {
		average(zero, 3, true)
		if zero[0] != 0 {
			t.Errorf("zeros became %v", zero)
		}
	}
}

func TestPrefix(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 5, "abc"}, {"abc", 3, "abc"}, {"abc", 2, "ab"}, {"abc", 0, ""}, {"", 0, ""},
		{"日本語", 2, "日本"}, {"e\u0301x", 1, "e"}, {"日本語", 9, "日本語"}, {"a日b", 2, "a日"},
		{"\xff\xfea", 2, "\xff\xfe"}, // bytes that are no text count one each
	} {
		if got := prefix(test.text, test.n); got != test.want {
			t.Errorf("prefix(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}

// BenchmarkSum sums a text of 40 tokens, as paragraphs of 177 characters have,
// from the table of a BERT vocabulary.
func BenchmarkSum(b *testing.B) {
	for _, width := range []int{64, 256, 384} {
		const texts = 500
		table, _, weights := drawn(1, 29_525, width, 40*texts)
		zipf := rand.NewZipf(rand.New(rand.NewPCG(2, 0)), 1.1, 5, 29_524)
		rows := make([]int32, 40*texts)
		for i := range rows {
			rows[i] = int32(zipf.Uint64()) // as words are drawn
		}
		sum := make([]float32, width)
		b.Run(fmt.Sprintf("40x%d", width), func(b *testing.B) {
			for i := range b.N {
				addRows(sum, table, width, rows[i%texts*40:][:40])
			}
		})
		b.Run(fmt.Sprintf("weighted-40x%d", width), func(b *testing.B) {
			for i := range b.N {
				addWeighted(sum, table, width, rows[i%texts*40:][:40], weights[i%texts*40:][:40])
			}
		})
	}
}
