package sentencepiece

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// meta is how a space is written in pieces.
const meta = "▁"

// normalizer is what becomes of a text before it is cut.
//
// Source: Normalizer::Normalize in normalizer.cc of sentencepiece 0.2.
type normalizer struct {
	charsmap    []byte // as the file has it; empty for none
	trie        []uint32
	strings     string
	dummyPrefix bool // a space comes before the text
	removeExtra bool // of spaces in a row one is left, of those at the ends none
}

func (n *normalizer) parse(data []byte) error {
	escape := true
	err := eachField(data, func(f field) error {
		switch f.num {
		case 2:
			n.charsmap = slices.Clone(f.bytes)
		case 3:
			n.dummyPrefix = f.value != 0
		case 4:
			n.removeExtra = f.value != 0
		case 5:
			escape = f.value != 0
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !escape:
		return errors.New("escape_whitespaces false is not implemented")
	case len(n.charsmap) == 0:
		return nil
	}
	return n.parseMap()
}

// parseMap reads the character map: the size of a double-array trie in bytes, its
// units, then the strings that its values point to, each ended by a zero byte.
func (n *normalizer) parseMap() error {
	data := n.charsmap
	if len(data) < 4 {
		return fmt.Errorf("the character map has %d bytes", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	if data = data[4:]; size < 4 || uint64(size) > uint64(len(data)) {
		return fmt.Errorf("the character map claims a trie of %d bytes and has %d", size, len(data))
	}
	n.trie = make([]uint32, size/4)
	for i := range n.trie {
		n.trie[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	n.strings = string(data[size/4*4:])
	if !utf8.ValidString(n.strings) {
		return errors.New("the strings of the character map are not UTF-8")
	}
	return nil
}

// normalize returns text as the model wants it, spaces written as ▁.
func (n *normalizer) normalize(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	var out strings.Builder
	out.Grow(len(text) + len(text)/4 + len(meta))
	if n.dummyPrefix && text != "" {
		out.WriteString(meta)
	}
	space := n.removeExtra // as if a space came before
	for len(text) > 0 {
		to, size := n.prefix(text)
		text = text[size:]
		if space {
			to = strings.TrimLeft(to, " ")
		}
		if to == "" {
			continue
		}
		for part := range strings.SplitSeq(to, "") {
			if part == " " {
				part = meta
			}
			out.WriteString(part)
		}
		space = n.removeExtra && strings.HasSuffix(to, " ")
	}
	if !n.removeExtra {
		return out.String()
	}
	s := out.String()
	for strings.HasSuffix(s, meta) {
		s = strings.TrimSuffix(s, meta)
	}
	return s
}

// prefix returns what the beginning of text, which is not empty, becomes, and how
// many bytes that takes: the longest entry of the map, or one character as it is.
func (n *normalizer) prefix(text string) (to string, size int) {
	_, size = utf8.DecodeRuneInString(text)
	to = text[:size]
	if n.trie == nil {
		return to, size
	}
	at := offset(n.trie[0])
	for i := range len(text) {
		c := text[i]
		at ^= uint32(c)
		if c == 0 || at >= uint32(len(n.trie)) || n.trie[at]&(1<<31|0xFF) != uint32(c) {
			break
		}
		unit := n.trie[at]
		if at ^= offset(unit); at >= uint32(len(n.trie)) {
			break
		}
		if unit>>8&1 == 1 { // an entry ends here
			if s, ok := n.entry(n.trie[at] &^ (1 << 31)); ok {
				to, size = s, i+1
			}
		}
	}
	return to, size
}

// offset is the distance to a unit's children in Darts-clone's layout.
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// entry returns the string at start. One that begins inside a character, which only
// a broken file has, is none.
func (n *normalizer) entry(start uint32) (string, bool) {
	if uint64(start) >= uint64(len(n.strings)) || !utf8.RuneStart(n.strings[start]) {
		return "", false
	}
	s, _, _ := strings.Cut(n.strings[start:], "\x00")
	return s, true
}
