package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Words, single bytes and spaces that begin, end and go on at the ends of blocks of 64 bytes, and
// more of them than are looked up together: their ids are those of a tokenizer that cuts nowhere.
func TestCutsAtTheEndsOfBlocks(t *testing.T) {
	names, cutting, whole := smallTokenizers(t)
	r := rand.New(rand.NewPCG(8, 0))
	texts := make([]string, 0, 700)
	for size := range 200 { // one word, and one after a comma, of each size
		texts = append(texts, strings.Repeat("a", size), strings.Repeat("b", 62)+"a,"+strings.Repeat("a", size))
	}
	for range 300 {
		var b strings.Builder
		for b.Len() < 150 {
			b.WriteString([]string{"a", "ab", " ", "  ", ",", "b", "aab", "é", "12"}[r.IntN(9)])
		}
		texts = append(texts, b.String())
	}
	for i, name := range names {
		enc := cutting[i].NewEncoder()
		for _, text := range texts {
			if got, want := enc.AppendIDs(nil, text), whole[i].AppendIDs(nil, text); !slices.Equal(got, want) {
				t.Errorf("%s: text %q: got %v, want %v", name, text, got, want)
			}
		}
	}
}
