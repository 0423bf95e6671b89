package tokenizer

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// Eight bytes at a time: most text is ASCII, and most normalizers leave the
// printable part of that alone, or lower it. The tricks add to each byte what
// carries it over 0x80 if it is big enough; a byte of ASCII carries no further.

const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
)

// allASCII reports whether the eight bytes are ASCII.
func allASCII(x uint64) bool { return x&highBits == 0 }

// isUTF8 is utf8.ValidString, quick where s begins with ASCII.
func isUTF8(s string) bool {
	if blocks := len(s) / 32; hasBlocks && blocks > 0 {
		s = s[asciiBlocks(unsafe.StringData(s), blocks):]
	}
	return utf8.ValidString(s)
}

// allPrintable reports whether the eight bytes are all in ' '…'~'.
func allPrintable(x uint64) bool {
	// 0x60 lifts ' ' and all above; 1 lifts DEL. What is not ASCII is high itself.
	return (x+0x60*eachByte)&^(x|(x+eachByte))&highBits == highBits
}

// lowered returns eight bytes of ASCII in lower case.
func lowered(x uint64) uint64 {
	capital := (x + (0x80-'A')*eachByte) &^ (x + (0x80-'Z'-1)*eachByte) & highBits
	return x | capital>>2 // 0x20, which capitals lack
}

// asciiLen returns how many bytes of ASCII s begins with.
func asciiLen(s []byte) int {
	i := 0
	for ; len(s)-i >= 8 && allASCII(binary.LittleEndian.Uint64(s[i:])); i += 8 {
	}
	for i < len(s) && s[i] < 0x80 {
		i++
	}
	return i
}
