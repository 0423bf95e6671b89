package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A lexicon must find what the trie that it was made of finds, node by node:
// few children and many, of runes of all sizes, and nothing else.
func TestLexiconEqualsItsTrie(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, alphabet := range []string{"a", "ab", "abcdefgh", "abcdefghi", "abcdefghijklmnopqrstuvwxyzé日本語😀#▁\x00"} {
		letters := []rune(alphabet)
		for _, n := range []int{0, 1, 8, 9, 3000} {
			reference, built := newTrie(0), newTrie(0)
			for i := range n {
				var token strings.Builder
				for range r.IntN(7) {
					token.WriteRune(letters[r.IntN(len(letters))])
				}
				reference.addRunes(token.String(), int32(i))
				built.addRunes(token.String(), int32(i))
			}
			l := newLexicon(built)
			if got := compareNodes(t, reference, root, l, l.root, append(letters, 'X', 0x10FFFF)); got != reference.used {
				t.Errorf("%q, %d tokens: %d edges, want %d", alphabet, n, got, reference.used)
			}
		}
	}
}

// compareNodes compares all edges from two nodes on labels, and those below
// them, and returns how many there are.
func compareNodes(t *testing.T, want *trie, from uint32, got *lexicon, node uint32, labels []rune) int {
	t.Helper()
	count := 0
	for _, label := range labels {
		e := want.step(from, uint32(label))
		next, id, ok := got.step(node, uint32(label))
		if ok != (e != nil) || ok && (id != e.id || (next == 0) != e.leaf()) {
			t.Fatalf("label %q: next %d, id %d, %v; want %s", label, next, id, ok, printEdge(e))
		}
		if ok {
			count++
			if next != 0 {
				count += compareNodes(t, want, e.child(), got, next, labels)
			}
		}
	}
	return count
}

func printEdge(e *edge) string {
	if e == nil {
		return "nothing"
	}
	return fmt.Sprintf("id %d, leaf %v", e.id, e.leaf())
}
