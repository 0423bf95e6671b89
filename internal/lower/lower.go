// Package lower is Python's str.lower: lower case by Unicode's full mapping, in which İ
// becomes two characters and Σ at the end of a word ς.
//
// Source: do_lower and handle_capital_sigma in CPython's unicodeobject.c.
package lower

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// String returns s in lower case.
func String(s string) string {
	if !strings.ContainsAny(s, "İΣ") {
		return strings.ToLower(s)
	}
	var out strings.Builder
	for i, r := range s {
		first, second := Rune(r, r == 'Σ' && endsWord(s, i))
		out.WriteRune(first)
		if second != 0 {
			out.WriteRune(second)
		}
	}
	return out.String()
}

// Rune returns what r becomes: one character, or for İ two; second is 0 where there is none.
// ends says of Σ that it ends a word.
func Rune(r rune, ends bool) (first, second rune) {
	switch {
	case r == 'İ':
		return 'i', '\u0307'
	case r == 'Σ' && ends:
		return 'ς', 0
	}
	return unicode.ToLower(r), 0
}

// endsWord tells whether the letter Σ at byte i of s ends a word: a cased letter comes before
// it and none after it, not counting what is Ignorable.
func endsWord(s string, i int) bool {
	before := strings.TrimRightFunc(s[:i], Ignorable)
	after := strings.TrimLeftFunc(s[i+len("Σ"):], Ignorable)
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	return before != "" && Cased(last) && (after == "" || !Cased(first))
}

// Cased is Unicode's property Cased.
func Cased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) ||
		unicode.In(r, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

// Ignorable is Unicode's property Case_Ignorable: marks, formats, modifiers, and the signs
// that may stand inside a word (Word_Break MidLetter, MidNumLet, Single_Quote).
func Ignorable(r rune) bool {
	switch r {
	case '\'', '.', ':', '^', '`', 0xa8, 0xad, 0xaf, 0xb4, 0xb7, 0xb8,
		0x387, 0x55f, 0x5f4, 0x2018, 0x2019, 0x2024, 0x2027, 0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a:
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}
