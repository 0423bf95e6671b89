package tokenizer

import "unicode/utf8"

// Grapheme classes, in the order of the generator's list: those of UAX #29 and,
// for its rule GB9c, the Indic conjunct break of what extends. Regional
// indicators are "other": two of them are eight bytes long, and Precompiled
// looks only at graphemes of five at most.
const (
	graphemeOther uint8 = iota
	graphemeCR
	graphemeLF
	graphemeControl
	graphemeExtend
	graphemeZWJ
	graphemeSpacingMark
	graphemePrepend
	graphemeL
	graphemeV
	graphemeT
	graphemeLV
	graphemeLVT
	graphemePictographic
	graphemeConsonant
	graphemeLinker
	graphemeConjunctExtend
)

// graphemes cuts text into extended grapheme clusters: UAX #29 of Unicode 16.
type graphemes struct {
	classes *pages[uint8]
}

// next returns the length of the grapheme that s, which is not empty, begins
// with.
func (g graphemes) next(s []byte) int {
	r, end := utf8.DecodeRune(s)
	class := g.classes.at(r)
	var (
		picture  = class == graphemePictographic // Extended_Pictographic Extend*
		joiner   = false                         // … and a ZWJ
		conjunct = class == graphemeConsonant    // Consonant [Extend Linker]*
		linked   = false                         // … with a Linker among them
	)
	for end < len(s) {
		r, size := rune(s[end]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(s[end:])
		}
		next := g.classes.at(r)
		if !joined(class, next, joiner, linked) {
			return end
		}
		joiner = picture && next == graphemeZWJ
		picture = next == graphemePictographic || picture && extends(next) && next != graphemeZWJ
		switch next {
		case graphemeConsonant:
			conjunct, linked = true, false
		case graphemeLinker:
			linked = conjunct
		case graphemeConjunctExtend, graphemeZWJ:
		default:
			conjunct, linked = false, false
		}
		class = next
		end += size
	}
	return end
}

// joined reports whether no grapheme ends between code points of two classes.
// joiner tells that the text up to here ends with a picture and a ZWJ, linked
// that it ends with a consonant and a linker.
func joined(class, next uint8, joiner, linked bool) bool {
	switch {
	case class == graphemeCR && next == graphemeLF: // GB3
		return true
	case class == graphemeCR, class == graphemeLF, class == graphemeControl, // GB4
		next == graphemeCR, next == graphemeLF, next == graphemeControl: // GB5
		return false
	case extends(next), next == graphemeSpacingMark, class == graphemePrepend: // GB9, 9a, 9b
		return true
	case class == graphemeL: // GB6
		return next == graphemeL || next == graphemeV || next == graphemeLV || next == graphemeLVT
	case class == graphemeLV, class == graphemeV: // GB7
		return next == graphemeV || next == graphemeT
	case class == graphemeLVT, class == graphemeT: // GB8
		return next == graphemeT
	}
	return linked && next == graphemeConsonant || joiner && next == graphemePictographic // GB9c, 11
}

// extends reports whether class is that of Grapheme_Cluster_Break=Extend, or
// ZWJ.
func extends(class uint8) bool {
	return class == graphemeExtend || class == graphemeZWJ || class >= graphemeLinker
}
