package charsmap

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// sample is a map of two entries, a → x and ab → the empty string, laid out by hand: unit 0's
// children are at 0x100 ^ label, and so on; the value of an entry is at its children's place.
func sample(strings string) []byte {
	trie := make([]uint32, 0x400)
	const ends = 1 << 8
	trie[0] = 0x100 << 10
	trie[0x100^'a'] = uint32('a') | ends | ((0x100^'a')^0x200)<<10
	trie[0x200] = 1 << 31 // a's value, 0: where "x" begins
	trie[0x200^'b'] = uint32('b') | ends | ((0x200^'b')^0x300)<<10
	trie[0x300] = 1<<31 | 2 // ab's
	out := binary.LittleEndian.AppendUint32(nil, uint32(4*len(trie)))
	for _, unit := range trie {
		out = binary.LittleEndian.AppendUint32(out, unit)
	}
	return append(out, strings...)
}

func entries(m *Map, text string) string {
	var all []string
	for n, to := range Entries(m, text) {
		all = append(all, fmt.Sprintf("%d %q", n, to))
	}
	return strings.Join(all, ", ")
}

func TestEntries(t *testing.T) {
	m, err := Parse(sample("x\x00\x00"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":      "",
		"b":     "",
		"a":     `1 "x"`,
		"ac":    `1 "x"`,
		"abc":   `1 "x", 2 ""`,
		"a\x00": `1 "x"`,
	} {
		if got := entries(m, text); got != want {
			t.Errorf("entries of %q are %s, want %s", text, got, want)
		}
	}
	for n := range Entries(m, []byte("abc")) { // one may stop at the first
		if n != 1 {
			t.Errorf("the first takes %d bytes", n)
		}
		break
	}
}

func TestParseRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"a trie of no unit":   {0, 0, 0, 0, 'x', 0},
		"a trie of gigabytes": {255, 255, 255, 255, 1, 2, 3, 4},
		"no UTF-8":            sample("\xff\x00"),
	} {
		if _, err := Parse(data); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// What points outside the map, or inside a character, is no entry.
func TestBrokenMapHoldsNothing(t *testing.T) {
	for _, strings := range []string{"", "é\x00"} { // ab's value is 2: past the end, and é's second byte is 1
		m, err := Parse(sample(strings))
		if err != nil {
			t.Fatal(err)
		}
		if got := entries(m, "ab"); strings == "" && got != "" || strings != "" && got != `1 "é", 2 ""` {
			t.Errorf("with strings %q: %s", strings, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample("x\x00\x00"), "abc")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := Parse(data)
		if err != nil {
			t.Skip()
		}
		for n := range Entries(m, text) {
			if n < 1 || n > len(text) {
				t.Errorf("an entry takes %d bytes of %d", n, len(text))
			}
		}
	})
}
