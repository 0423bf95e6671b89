package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// bertNormalizer cleans, sets Chinese characters apart, strips accents and
// lowers, each if told to, in one pass over the text.
type bertNormalizer struct {
	clean, chinese, accents, lower bool

	// ascii is what becomes of each ASCII byte, 0 where it is removed.
	ascii [utf8.RuneSelf]byte
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
	return n, nil
}

func (n *bertNormalizer) normalize(dst, s []byte, sc *scratch) []byte {
	base := len(dst)
	held := sc.marks[:0] // marks that stay, until a code point of class 0 shows their order
	dst = slices.Grow(dst, len(s)+len(s)/8)
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && len(held) == 0 {
			if b := n.ascii[c]; b != 0 || !n.clean {
				dst = append(dst, b)
			} else if len(dst) == base {
				sc.shifted = true
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		i += size
		f := n.flags.at(r)
		if n.clean && (f&flagControl != 0 || r == utf8.RuneError) {
			sc.shifted = sc.shifted || len(dst) == base && len(held) == 0
			continue
		}
		if n.clean && f&flagSpace != 0 {
			r, f = ' ', 0
		}
		if n.accents && f&(flagNFD|flagClass|flagNonspace) != 0 {
			before := len(dst) + len(held)
			spaced := n.chinese && isChinese(r)
			if spaced {
				dst, held = n.flush(dst, held, sc)
				dst = append(dst, ' ')
			}
			dst, held = n.strip(dst, held, r, sc)
			if spaced {
				dst, held = n.flush(dst, held, sc)
				dst = append(dst, ' ')
			}
			sc.shifted = sc.shifted || before == base && len(dst)+len(held) == base
			continue
		}
		dst, held = n.flush(dst, held, sc)
		switch {
		case n.chinese && isChinese(r):
			dst = append(dst, ' ')
			dst = utf8.AppendRune(dst, r) // has no case
			dst = append(dst, ' ')
		case n.lower && f&flagLower != 0:
			dst = n.cases.append(dst, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	dst, held = n.flush(dst, held, sc)
	sc.marks = held
	return dst
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
