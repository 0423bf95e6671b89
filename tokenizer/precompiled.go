package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// precompiled is a sentencepiece character map: a double-array trie from
// strings to strings. The format is the trie's size in bytes (uint32, little
// endian), its units (uint32 each), then the strings, each ended by a zero
// byte; the trie's values are where they begin.
//
// As in the original (the spm_precompiled crate), what is looked up is a
// grapheme of at most five bytes, else each code point of it; the shortest
// entry that the looked-up text begins with replaces the whole of it.
type precompiled struct {
	trie    []uint32
	strings []byte
	cut     graphemes

	// plain tells of each ASCII character that it stays as it is, alone;
	// printable that all from ' ' to '~' do.
	plain     [utf8.RuneSelf]bool
	printable bool
}

func newPrecompiled(raw json.RawMessage, at string) (normalizer, error) {
	var c struct {
		Map *string `json:"precompiled_charsmap"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Map == nil {
		return nil, fmt.Errorf("%s: Precompiled needs precompiled_charsmap", at)
	}
	data, err := base64.StdEncoding.DecodeString(*c.Map)
	if err != nil {
		return nil, fmt.Errorf("%s.precompiled_charsmap: %w", at, err)
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("%s.precompiled_charsmap: %d bytes are too few", at, len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if uint64(size) > uint64(len(data)) || size < 4 {
		return nil, fmt.Errorf("%s.precompiled_charsmap: a trie of %d bytes in %d", at, size, len(data))
	}
	n := &precompiled{trie: make([]uint32, size/4), cut: graphemes{graphemeTable()}}
	for i := range n.trie {
		n.trie[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	n.strings = slices.Clone(data[size/4*4:])
	if !utf8.Valid(n.strings) {
		return nil, fmt.Errorf("%s.precompiled_charsmap: its strings are not UTF-8", at)
	}
	for c := range n.plain {
		_, found := n.find([]byte{byte(c)})
		n.plain[c] = !found && c != '\r' // which may be half of CR LF
	}
	n.printable = !slices.Contains(n.plain[' ':0x7F], false)
	return n, nil
}

func (n *precompiled) normalize(dst, s []byte, _ *scratch) []byte {
	dst = slices.Grow(dst, len(s))
	for i := 0; i < len(s); {
		// ASCII that stays; its last character may begin a grapheme.
		start := i
		for ; n.printable && len(s)-i >= 8 && allPrintable(binary.LittleEndian.Uint64(s[i:])); i += 8 {
		}
		for i < len(s) && s[i] < utf8.RuneSelf && n.plain[s[i]] {
			i++
		}
		if i < len(s) && i > start && s[i] >= utf8.RuneSelf {
			i--
		}
		dst = append(dst, s[start:i]...)
		if i == len(s) {
			return dst
		}
		size := n.cut.next(s[i:])
		dst = n.grapheme(dst, s[i:i+size])
		i += size
	}
	return dst
}

// grapheme appends what becomes of one grapheme.
func (n *precompiled) grapheme(dst, g []byte) []byte {
	if len(g) < 6 {
		if to, ok := n.find(g); ok {
			return append(dst, to...)
		}
	}
	for i := 0; i < len(g); {
		size := 1
		if g[i] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(g[i:])
		}
		if to, ok := n.find(g[i : i+size]); ok {
			dst = append(dst, to...)
		} else {
			dst = append(dst, g[i:i+size]...)
		}
		i += size
	}
	return dst
}

// find returns the string of the shortest entry that key begins with. A trie
// that points outside itself holds nothing there.
func (n *precompiled) find(key []byte) ([]byte, bool) {
	at := unitOffset(n.trie[0])
	for _, c := range key {
		at ^= uint32(c)
		if c == 0 || at >= uint32(len(n.trie)) {
			break
		}
		unit := n.trie[at]
		if unit&(1<<31|0xFF) != uint32(c) {
			break
		}
		at ^= unitOffset(unit)
		if unit>>8&1 == 1 {
			if at >= uint32(len(n.trie)) {
				break
			}
			return n.string(n.trie[at] &^ (1 << 31))
		}
	}
	return nil, false
}

// unitOffset is the distance to a unit's children in Darts-clone's layout.
func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// string returns the string that begins at start. One that begins inside a
// code point is taken as no entry; the original panics.
func (n *precompiled) string(start uint32) ([]byte, bool) {
	if uint64(start) > uint64(len(n.strings)) || uint64(start) < uint64(len(n.strings)) && !utf8.RuneStart(n.strings[start]) {
		return nil, false
	}
	s := n.strings[start:]
	if end := bytes.IndexByte(s, 0); end >= 0 {
		s = s[:end]
	}
	return s, true
}
