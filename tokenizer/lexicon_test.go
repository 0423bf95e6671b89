package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A lexicon must find what a trie of the same tokens finds, node by node:
// few children and many, of runes of all sizes, and nothing else.
func TestLexiconEqualsATrie(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, alphabet := range []string{"a", "ab", "abcdefgh", "abcdefghi", "abcdefghijklmnopqrstuvwxyzé日本語😀#▁\x00"} {
		letters := []rune(alphabet)
		for _, n := range []int{0, 1, 8, 9, 3000} {
			reference, entries := newTrie(0), []Entry(nil)
			for i := range n {
				var token strings.Builder
				for range r.IntN(7) + r.IntN(7)*r.IntN(3) {
					token.WriteRune(letters[r.IntN(len(letters))])
				}
				reference.addRunes(token.String(), int32(i))
				entries = append(entries, Entry{Token: token.String(), ID: i})
			}
			l := newLexicon(newVocabulary(entries))
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

// addRunes adds a token by its runes. Of two equal ones the last counts. The
// empty token is not added: no text is found to start with it.
func (t *trie) addRunes(token string, id int32) {
	t.grow(len(token))
	var at *edge
	for _, r := range token {
		at = t.insert(at, uint32(r))
	}
	if at != nil {
		at.id = id
	}
}

// Tokens that are not UTF-8 can come from a program, not from a file. A byte that is none stands for
// U+FFFD; of equal tokens the last counts.
func TestLexiconOfTokensThatAreNoUTF8(t *testing.T) {
	l := newLexicon(newVocabulary([]Entry{{Token: "\uFFFDb", ID: 0}, {Token: "\xff", ID: 1}, {Token: "\xe6b", ID: 2}, {Token: "", ID: 3}}))
	next, id, ok := l.step(l.root, 0xFFFD)
	if !ok || id != 1 {
		t.Errorf("U+FFFD: id %d, %v, want 1", id, ok)
	}
	if next, id, ok = l.step(next, 'b'); !ok || id != 2 || next != 0 {
		t.Errorf("U+FFFD, b: next %d, id %d, %v, want 0 and 2", next, id, ok)
	}
}
