package texts

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// plainLen returns how many bytes of a JSON string go by before a quote, a backslash or a control
// character, or all of data. It takes eight bytes at a time: texts are strings, and most of them
// are nothing else.
func plainLen(data []byte) int {
	i := 0
	for ; len(data)-i >= 8; i += 8 {
		if found := notPlain(binary.LittleEndian.Uint64(data[i:])); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// notPlain returns a word whose lowest bit is in the first of eight bytes that ends plain text, or 0.
//
// Taking 1 from each byte of a word carries into the highest bit of those that are 0, and of some
// after them; what had that bit before does not count.
func notPlain(x uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^'"'*each, x^'\\'*each
	return ((x-' '*each)&^x | (quote-each)&^quote | (backslash-each)&^backslash) & high
}

// unquote returns the text of a JSON string that is known to be valid. Half of a surrogate pair
// is U+FFFD, as in encoding/json.
func unquote(quoted []byte) string {
	in := quoted[1 : len(quoted)-1]
	i := bytes.IndexByte(in, '\\')
	if i < 0 {
		return string(in)
	}
	out := make([]byte, 0, len(in)) // an escape is longer than its character
	for ; i >= 0; i = bytes.IndexByte(in, '\\') {
		out = append(out, in[:i]...)
		if in = in[i+1:]; in[0] != 'u' {
			out = append(out, escaped(in[0]))
			in = in[1:]
			continue
		}
		r := hex4(in[1:])
		in = in[5:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(in) >= 6 && in[0] == '\\' && in[1] == 'u' {
				pair = utf16.DecodeRune(r, hex4(in[2:]))
			}
			if r = pair; r != utf8.RuneError {
				in = in[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(append(out, in...))
}

// escaped returns the character that a letter stands for after a backslash.
func escaped(letter byte) byte {
	switch letter {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return letter
}

// hex4 returns the number that four hexadecimal digits are.
func hex4(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits[:4]), 16, 16)
	if err != nil {
		panic(err) // the string is valid
	}
	return rune(n)
}
