package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// normalizerType returns what compiles a normalizer of that "type", nil where
// there is none.
func normalizerType(kind string) func(raw json.RawMessage, at string) (normalizer, error) {
	switch kind {
	case "Sequence":
		return newNormalizerSequence
	case "BertNormalizer":
		return newBertNormalizer
	case "NFC", "NFD", "NFKC", "NFKD":
		return newUnicodeNormalizer
	case "Lowercase":
		return newLowercase
	case "StripAccents":
		return newStripAccents
	case "Strip":
		return newStrip
	case "Replace":
		return newReplace
	case "Prepend":
		return newPrepend
	case "Nmt":
		return newNmt
	case "Precompiled":
		return newPrecompiled
	case "ByteLevel":
		return newByteLevelNormalizer
	}
	return nil
}

// normalizerSequence applies normalizers one after the other. There are two at
// least, and none is a sequence itself.
type normalizerSequence []normalizer

func newNormalizerSequence(raw json.RawMessage, at string) (normalizer, error) {
	var c struct {
		Normalizers []json.RawMessage `json:"normalizers"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Normalizers == nil {
		return nil, fmt.Errorf("%s: Sequence needs normalizers", at)
	}
	var seq normalizerSequence
	for i, r := range c.Normalizers {
		n, err := newNormalizer(r, fmt.Sprintf("%s.normalizers[%d]", at, i))
		switch n := n.(type) {
		case nil:
			if err != nil {
				return nil, err
			}
		case normalizerSequence:
			seq = append(seq, n...)
		default:
			seq = append(seq, n)
		}
	}
	switch len(seq) {
	case 0:
		return nil, nil
	case 1:
		return seq[0], nil
	}
	return seq, seq.check(at)
}

// check refuses a Replace that may put something before the text without
// taking anything from it, in front of a normalizer that rewrites the text:
// the original then writes what was put there twice.
func (seq normalizerSequence) check(at string) error {
	inserts := false
	for _, n := range seq {
		switch n := n.(type) {
		case *replace:
			inserts = inserts || n.regex != nil && n.regex.nullable && len(n.content) > 0
		case prepend:
		default:
			if inserts {
				return fmt.Errorf("%s: Replace of a pattern that may match nothing, before another normalizer, is not implemented", at)
			}
		}
	}
	return nil
}

func (seq normalizerSequence) normalize(dst, s []byte, sc *scratch) []byte {
	for i, n := range seq[:len(seq)-1] {
		buf := &sc.text[i%2]
		*buf = n.normalize((*buf)[:0], s, sc)
		s = *buf
	}
	return seq[len(seq)-1].normalize(dst, s, sc)
}

// lowercase is Rust's char::to_lowercase of each code point: no final sigma.
type lowercase struct {
	flags *pages[uint16]
	cases *lowerCases
}

func newLowercase(json.RawMessage, string) (normalizer, error) {
	return lowercase{codeFlags(), lowerTable()}, nil
}

func (n lowercase) normalize(dst, s []byte, _ *scratch) []byte {
	dst = slices.Grow(dst, len(s))
	for i := 0; i < len(s); {
		if len(s)-i >= 8 {
			if x := binary.LittleEndian.Uint64(s[i:]); allASCII(x) {
				dst = binary.LittleEndian.AppendUint64(dst, lowered(x))
				i += 8
				continue
			}
		}
		r, size := utf8.DecodeRune(s[i:])
		if n.flags.at(r)&flagLower != 0 {
			dst = n.append(dst, r)
		} else {
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

// append appends the lower case of r.
func (n lowercase) append(dst []byte, r rune) []byte {
	if r == 'İ' { // the only one whose lower case is two
		return append(dst, "i\u0307"...)
	}
	return utf8.AppendRune(dst, n.cases.of(r))
}

// stripAccents removes combining marks; it decomposes nothing.
type stripAccents struct{ flags *pages[uint16] }

func newStripAccents(json.RawMessage, string) (normalizer, error) {
	return stripAccents{codeFlags()}, nil
}

func (n stripAccents) normalize(dst, s []byte, sc *scratch) []byte {
	kept := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i += asciiLen(s[i:])
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if n.flags.at(r)&flagMark != 0 {
			sc.shifted = sc.shifted || i == 0
			dst = append(dst, s[kept:i]...)
			kept = i + size
		}
		i += size
	}
	return append(dst, s[kept:]...)
}

// strip removes white space at the ends.
type strip struct {
	flags       *pages[uint16]
	left, right bool
}

func newStrip(raw json.RawMessage, at string) (normalizer, error) {
	var c struct {
		Left  *bool `json:"strip_left"`
		Right *bool `json:"strip_right"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Left == nil || c.Right == nil {
		return nil, fmt.Errorf("%s: Strip needs strip_left and strip_right", at)
	}
	return strip{codeFlags(), *c.Left, *c.Right}, nil
}

func (n strip) normalize(dst, s []byte, sc *scratch) []byte {
	for n.left && len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		if n.flags.at(r)&flagSpace == 0 {
			break
		}
		s = s[size:]
		sc.shifted = true
	}
	for n.right && len(s) > 0 {
		r, size := utf8.DecodeLastRune(s)
		if n.flags.at(r)&flagSpace == 0 {
			break
		}
		s = s[:len(s)-size]
	}
	return append(dst, s...)
}

// prepend puts a string before any text but the empty one.
type prepend string

func newPrepend(raw json.RawMessage, at string) (normalizer, error) {
	var c struct {
		Prepend *string `json:"prepend"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Prepend == nil {
		return nil, fmt.Errorf("%s: Prepend needs prepend", at)
	}
	return prepend(*c.Prepend), nil
}

func (n prepend) normalize(dst, s []byte, _ *scratch) []byte {
	if len(s) > 0 {
		dst = append(dst, n...)
	}
	return append(dst, s...)
}

// nmt is sentencepiece's nmt rule: control characters go, what counts as white
// space becomes a space.
type nmt struct{}

func newNmt(json.RawMessage, string) (normalizer, error) { return nmt{}, nil }

func (nmt) normalize(dst, s []byte, sc *scratch) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, 0x200B <= r && r <= 0x200F,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			dst = append(dst, ' ')
		case 0 < r && r < ' ', r == 0x7F, r == 0x8F, r == 0x9F:
			sc.shifted = sc.shifted || i == 0
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}
