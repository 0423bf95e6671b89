package static_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// BenchmarkEncode encodes texts of 40 tokens whose words are in the vocabulary.
// make bench-encode measures real texts on a real model against other programs.
func BenchmarkEncode(b *testing.B) {
	m := open(b, "testdata/float32")
	words := strings.Fields("the old river is slow in winter and fast summer stone bridge")
	texts := make([]string, 1000)
	for i := range texts {
		text := make([]string, 40)
		for j := range text {
			text[j] = words[(i*j+j)%len(words)]
		}
		texts[i] = strings.Join(text, " ")
	}
	dst := matrix.New(len(texts), m.Dims())
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("%dx40-tokens/threads-%d", len(texts), threads), func(b *testing.B) {
			for b.Loop() {
				if err := m.Encode(b.Context(), texts, dst, static.Options{Threads: threads}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

// BenchmarkRealOpen opens a published Unigram model of 276,326 tokens and
// encodes one sentence.
func BenchmarkRealOpen(b *testing.B) {
	dir := filepath.Join(testenv.Models(b), "static-int8-vq")
	for b.Loop() {
		m, err := static.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		v, err := m.EncodeOne("A sentence.", static.Options{})
		if err != nil || !slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) {
			b.Fatalf("vector %v, %v", v, err)
		}
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
