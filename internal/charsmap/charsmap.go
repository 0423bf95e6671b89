// Package charsmap reads sentencepiece's character maps: a double-array trie from strings to
// strings, in Darts-clone's layout. sentencepiece takes the longest entry that a text begins
// with; a tokenizer.json's Precompiled the shortest.
package charsmap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Map is a character map.
type Map struct {
	trie    []uint32
	strings string
}

// Parse reads a map: the trie's size in bytes (uint32, little-endian), its units (uint32
// each), then the strings, each ended by a zero byte; the trie's values are where they begin.
// Sizes are compared with data before anything is allocated.
func Parse(data []byte) (*Map, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("the character map has %d bytes, fewer than 4", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	if data = data[4:]; size < 4 || uint64(size) > uint64(len(data)) {
		return nil, fmt.Errorf("the character map claims a trie of %d bytes and has %d", size, len(data))
	}
	m := &Map{trie: make([]uint32, size/4), strings: string(data[size/4*4:])}
	for i := range m.trie {
		m.trie[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	if !utf8.ValidString(m.strings) {
		return nil, errors.New("the strings of the character map are not UTF-8")
	}
	return m, nil
}

// Entries yields what the entries that text begins with become, with the bytes of text that
// each takes, the shortest first. A trie that points outside itself, or inside a character,
// holds nothing there.
func Entries[T string | []byte](m *Map, text T) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		at := children(m.trie[0])
		for i := range len(text) {
			c := uint32(text[i])
			at ^= c
			if c == 0 || at >= uint32(len(m.trie)) || m.trie[at]&(1<<31|0xFF) != c {
				return
			}
			unit := m.trie[at]
			if at ^= children(unit); at >= uint32(len(m.trie)) {
				return
			}
			if unit>>8&1 == 0 { // no entry ends here
				continue
			}
			if to, ok := m.entry(m.trie[at] &^ (1 << 31)); ok && !yield(i+1, to) {
				return
			}
		}
	}
}

// children is the distance to a unit's children.
func children(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// entry returns the string that begins at start.
func (m *Map) entry(start uint32) (string, bool) {
	if uint64(start) >= uint64(len(m.strings)) || !utf8.RuneStart(m.strings[start]) {
		return "", false
	}
	to, _, _ := strings.Cut(m.strings[start:], "\x00")
	return to, true
}
