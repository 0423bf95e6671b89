package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// bertNormalizer cleans, sets Chinese characters apart, strips accents and
// lowers, each if told to, in one pass over the text.
type bertNormalizer struct {
	clean, chinese, accents, lower bool

	// ascii is what becomes of each ASCII byte, 0 where it is removed or NUL.
	ascii [utf8.RuneSelf]byte
	// short is what becomes of the first letters of Unicode (Latin, Greek,
	// Cyrillic), 0 where that is not one code point.
	short [0x600]uint16
	// change has the flags of code points that may not stay as they are.
	change uint16
	flags  *pages[uint16]
	cases  lowercase
	*canonicalOrder
}

func newBertNormalizer(raw json.RawMessage, at string) (normalizer, error) {
	var c struct {
		Clean   *bool `json:"clean_text"`
		Chinese *bool `json:"handle_chinese_chars"`
		Accents *bool `json:"strip_accents"`
		Lower   *bool `json:"lowercase"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Clean == nil || c.Chinese == nil || c.Lower == nil {
		return nil, fmt.Errorf("%s: BertNormalizer needs clean_text, handle_chinese_chars and lowercase", at)
	}
	n := &bertNormalizer{
		clean: *c.Clean, chinese: *c.Chinese, lower: *c.Lower,
		accents: *c.Lower, // strip_accents null follows lowercase
		flags:   codeFlags(), cases: lowercase{codeFlags(), lowerTable()},
		canonicalOrder: newCanonicalOrder(canonicalTable()),
	}
	if c.Accents != nil {
		n.accents = *c.Accents
	}
	if n.clean {
		n.change |= flagControl | flagSpace
	}
	if n.accents {
		n.change |= flagNFD | flagClass | flagNonspace
	}
	if n.lower {
		n.change |= flagLower
	}
	for i := range n.ascii {
		b := byte(i)
		switch {
		case n.clean && n.flags.at(rune(b))&flagControl != 0:
			b = 0
		case n.clean && n.flags.at(rune(b))&flagSpace != 0:
			b = ' '
		case n.lower && 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		}
		n.ascii[i] = b
	}
	var short [len(n.short)]uint16
	var sc scratch
	var letter, to []byte
	for r := rune(utf8.RuneSelf); int(r) < len(short); r++ {
		letter = utf8.AppendRune(letter[:0], r)
		to = n.normalize(to[:0], letter, &sc)
		if one, size := utf8.DecodeRune(to); size > 0 && size == len(to) && n.classes.at(one) == 0 {
			short[r] = uint16(one)
		}
	}
	n.short = short
	return n, nil
}

func (n *bertNormalizer) normalize(dst, s []byte, sc *scratch) []byte {
	base := len(dst)
	held := sc.marks[:0] // marks that stay, until a code point of class 0 shows their order
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf && len(held) == 0 {
			if size := n.plain(&dst, s[i:]); size > 0 {
				i += size
				continue
			}
		}
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(s[i:])
		}
		i += size
		if r < rune(len(n.short)) && n.short[r] != 0 && len(held) == 0 {
			dst = utf8.AppendRune(dst, rune(n.short[r]))
			continue
		}
		f := n.flags.at(r)
		if f&n.change == 0 && r < 0x3000 && len(held) == 0 { // below all Chinese characters, U+FFFD too
			dst = append(dst, s[i-size:i]...)
			continue
		}
		if n.clean && (f&flagControl != 0 || r == utf8.RuneError) {
			sc.shifted = sc.shifted || len(dst) == base && len(held) == 0
			continue
		}
		if n.clean && f&flagSpace != 0 {
			r, f = ' ', 0
		}
		spaced := n.chinese && isChinese(r)
		if spaced && f&n.change == 0 && len(held) == 0 {
			dst = append(append(append(dst, ' '), s[i-size:i]...), ' ')
			continue
		}
		if spaced {
			dst, held = n.flush(dst, held, sc)
			dst = append(dst, ' ')
		}
		if n.accents && f&(flagNFD|flagClass|flagNonspace) != 0 {
			none := len(dst) == base && len(held) == 0
			dst, held = n.strip(dst, held, r, sc)
			sc.shifted = sc.shifted || none && len(dst) == base && len(held) == 0
		} else {
			dst, held = n.flush(dst, held, sc)
			dst = n.append(dst, r)
		}
		if spaced {
			dst, held = n.flush(dst, held, sc)
			dst = append(dst, ' ')
		}
	}
	dst, held = n.flush(dst, held, sc)
	sc.marks = held
	return dst
}

// plain appends the ASCII that s begins with to dst, up to what is removed,
// and returns its length.
func (n *bertNormalizer) plain(dst *[]byte, s []byte) int {
	out := slices.Grow(*dst, len(s))
	to := out[len(out) : len(out)+len(s)]
	i := 0
	if blocks := len(s) / 32; hasBlocks && blocks > 0 {
		i = copyPrintable(&to[0], &s[0], blocks, n.raised())
	}
	for ; len(s)-i >= 8; i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if !allPrintable(x) {
			break
		}
		if n.lower {
			x = lowered(x)
		}
		binary.LittleEndian.PutUint64(to[i:], x)
	}
	for ; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || n.ascii[c] == 0 {
			break
		}
		to[i] = n.ascii[c]
	}
	*dst = out[:len(out)+i]
	return i
}

// raised are the bits that a capital letter of ASCII gets.
func (n *bertNormalizer) raised() byte {
	if n.lower {
		return 'a' - 'A'
	}
	return 0
}

// strip decomposes r and drops its nonspacing marks. Marks that stay (of newer
// editions than the categories', or spacing ones with a class) join held.
func (n *bertNormalizer) strip(dst []byte, held []mark, r rune, sc *scratch) ([]byte, []mark) {
	var room [4]mark
	for _, m := range n.decompose(room[:0], r) {
		keep := n.flags.at(m.code())&flagNonspace == 0
		switch {
		case m.class() == 0:
			dst, held = n.flush(dst, held, sc)
			if keep {
				dst = n.append(dst, m.code())
			}
		case keep:
			held = append(held, m)
		}
	}
	return dst, held
}

// flush appends the marks held, in canonical order.
func (n *bertNormalizer) flush(dst []byte, held []mark, sc *scratch) ([]byte, []mark) {
	if len(held) == 0 {
		return dst, held
	}
	n.order(held, sc)
	for _, m := range held {
		dst = n.append(dst, m.code())
	}
	return dst, held[:0]
}

// append appends r, lowered if told to.
func (n *bertNormalizer) append(dst []byte, r rune) []byte {
	if n.lower && n.flags.at(r)&flagLower != 0 {
		return n.cases.append(dst, r)
	}
	return utf8.AppendRune(dst, r)
}

// isChinese reports whether r is in one of the blocks of ideographs that BERT
// sets apart.
func isChinese(r rune) bool {
	return r >= 0x3400 && (r <= 0x4DBF || r >= 0x4E00 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F || r >= 0x2B740 && r <= 0x2B81F ||
		r >= 0x2B920 && r <= 0x2CEAF || r >= 0x2F800 && r <= 0x2FA1F)
}
