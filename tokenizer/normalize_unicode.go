package tokenizer

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Hangul syllables compose and decompose by arithmetic: The Unicode Standard,
// section 3.12, whose names the constants keep.
const (
	hangulS, hangulL, hangulV, hangulT     = 0xAC00, 0x1100, 0x1161, 0x11A7
	hangulLs, hangulVs, hangulTs, hangulSs = 19, 21, 28, 19 * 21 * 28
)

// unicodeNormalizer is NFC, NFD, NFKC or NFKD. golang.org/x/text has these too,
// but in another edition of Unicode, and it inserts U+034F after 30 marks.
type unicodeNormalizer struct {
	flags   *pages[uint16]
	change  uint16 // flags of code points that may not stay as they are
	compose bool
	*canonicalOrder
}

func newUnicodeNormalizer(raw json.RawMessage, at string) (normalizer, error) {
	kind, err := componentType(raw, at)
	if err != nil {
		return nil, err
	}
	n := &unicodeNormalizer{flags: codeFlags()}
	table := canonicalTable
	switch kind {
	case "NFC":
		n.change, n.compose = flagNFC|flagClass|flagSecond, true
	case "NFD":
		n.change = flagNFD | flagClass
	case "NFKC":
		n.change, n.compose, table = flagNFKC|flagClass|flagSecond, true, compatTable
	case "NFKD":
		n.change, table = flagNFD|flagNFKD|flagClass, compatTable
	}
	n.canonicalOrder = newCanonicalOrder(table())
	if n.compose {
		n.composed = compositions()
	}
	return n, nil
}

func (n *unicodeNormalizer) normalize(dst, s []byte, sc *scratch) []byte {
	for {
		// A text that stays as it is, up to its last code point if that may
		// compose with what follows.
		last, i := n.unchanged(s)
		if i == len(s) {
			return append(dst, s...)
		}
		if !n.compose {
			last = i
		}
		dst = append(dst, s[:last]...)
		s = s[last:]

		// What follows up to the next code point that begins anew.
		end := 0
		marks := sc.marks[:0]
		for end < len(s) {
			r, size := utf8.DecodeRune(s[end:])
			if last+end > i && n.flags.at(r)&n.change == 0 {
				break
			}
			marks = n.decompose(marks, r)
			end += size
		}
		s = s[end:]
		n.order(marks, sc)
		if n.compose {
			marks = n.composeAll(marks)
		}
		for _, m := range marks {
			dst = utf8.AppendRune(dst, m.code())
		}
		sc.marks = marks[:0]
	}
}

// unchanged returns where the first code point begins that may change, len(s)
// if none does, and where the one before it begins.
func (n *unicodeNormalizer) unchanged(s []byte) (last, first int) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i += asciiLen(s[i:])
			last = i - 1
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if n.flags.at(r)&n.change != 0 {
			return last, i
		}
		last = i
		i += size
	}
	return last, len(s)
}

// A mark is a code point with its canonical combining class above it.
type mark uint32

func (m mark) code() rune   { return rune(m & (1<<21 - 1)) }
func (m mark) class() uint8 { return uint8(m >> 24) }

// canonicalOrder decomposes, orders and composes.
type canonicalOrder struct {
	flags    *pages[uint16]
	table    *decompositions
	classes  *pages[uint8]
	composed map[pair]rune // nil where nothing is composed
}

func newCanonicalOrder(table *decompositions) *canonicalOrder {
	return &canonicalOrder{flags: codeFlags(), table: table, classes: combiningTable()}
}

// decompose appends the full decomposition of r.
func (o *canonicalOrder) decompose(dst []mark, r rune) []mark {
	if index := r - hangulS; 0 <= index && index < hangulSs {
		dst = append(dst, mark(hangulL+index/(hangulVs*hangulTs)), mark(hangulV+index/hangulTs%hangulVs))
		if t := index % hangulTs; t > 0 {
			dst = append(dst, mark(hangulT+t))
		}
		return dst
	}
	d := o.table.of(r)
	if d == nil {
		return append(dst, o.mark(r))
	}
	for _, r := range d {
		dst = append(dst, o.mark(r))
	}
	return dst
}

func (o *canonicalOrder) mark(r rune) mark { return mark(o.classes.at(r))<<24 | mark(r) }

// order puts each run of marks of a class but 0 in the order of their classes.
func (o *canonicalOrder) order(marks []mark, sc *scratch) {
	for i := 0; i < len(marks); i++ {
		start := i
		ordered := true
		for ; i < len(marks) && marks[i].class() != 0; i++ {
			ordered = ordered && (i == start || marks[i-1].class() <= marks[i].class())
		}
		if !ordered {
			sc.sorted = sortMarks(marks[start:i], sc.sorted)
		}
	}
}

// sortMarks sorts by class, keeping the order within one; the work grows with
// the number of marks, as a text may be a megabyte of them. It uses and
// returns buf.
func sortMarks(marks, buf []mark) []mark {
	if len(marks) <= 32 {
		for i := 1; i < len(marks); i++ {
			m, j := marks[i], i
			for ; j > 0 && marks[j-1].class() > m.class(); j-- {
				marks[j] = marks[j-1]
			}
			marks[j] = m
		}
		return buf
	}
	var places [257]int // of the next mark of each class
	for _, m := range marks {
		places[int(m.class())+1]++
	}
	for i := 1; i < len(places); i++ {
		places[i] += places[i-1]
	}
	buf = slices.Grow(buf[:0], len(marks))[:len(marks)]
	for _, m := range marks {
		place := &places[m.class()]
		buf[*place] = m
		*place++
	}
	copy(marks, buf)
	return buf
}

// composeAll composes marks, which are decomposed and in order, in place.
func (o *canonicalOrder) composeAll(marks []mark) []mark {
	out := marks[:0]
	starter := -1       // of what may compose, in out
	blocked := uint8(0) // class of the last mark between the starter and here, 0 without
	for _, m := range marks {
		class := m.class()
		if starter >= 0 && (blocked == 0 || blocked < class) {
			if r, ok := o.composite(out[starter].code(), m.code()); ok {
				out[starter] = mark(r)
				continue
			}
		}
		if class == 0 {
			starter, blocked = len(out), 0
		} else {
			blocked = class
		}
		out = append(out, m)
	}
	return out
}

// composite returns what a and b compose to.
func (o *canonicalOrder) composite(a, b rune) (rune, bool) {
	if o.flags.at(b)&flagSecond == 0 {
		return 0, false
	}
	if l, v := a-hangulL, b-hangulV; 0 <= l && l < hangulLs && 0 <= v && v < hangulVs {
		return hangulS + (l*hangulVs+v)*hangulTs, true
	}
	if lv, t := a-hangulS, b-hangulT; 0 <= lv && lv < hangulSs && lv%hangulTs == 0 && 0 < t && t < hangulTs {
		return a + t, true
	}
	r, ok := o.composed[pair{a, b}]
	return r, ok
}
