package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/charsmap"
)

// precompiled is a sentencepiece character map.
//
// As in the original (the spm_precompiled crate), what is looked up is a
// grapheme of at most five bytes, else each code point of it; the shortest
// entry that the looked-up text begins with replaces the whole of it.
type precompiled struct {
	entries *charsmap.Map
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
	entries, err := charsmap.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s.precompiled_charsmap: %w", at, err)
	}
	n := &precompiled{entries: entries, cut: graphemes{graphemeTable()}}
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

// find returns the string of the shortest entry that key begins with.
func (n *precompiled) find(key []byte) (string, bool) {
	for _, to := range charsmap.Entries(n.entries, key) {
		return to, true
	}
	return "", false
}
