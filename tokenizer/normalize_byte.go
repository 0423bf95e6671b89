package tokenizer

import "encoding/json"

// byteChars is GPT-2's mapping of bytes to printable characters, as UTF-8:
// what is printable in Latin-1 stays, the others follow from U+0100 on.
// Source: bytes_to_unicode in openai/gpt-2, src/encoder.py.
var byteChars = func() (chars [256]string) {
	next := rune(256)
	for b := range chars {
		r := rune(b)
		if !('!' <= r && r <= '~' || 0xA1 <= r && r <= 0xAC || 0xAE <= r) {
			r = next
			next++
		}
		chars[b] = string(r)
	}
	return chars
}()

// appendByteChars appends the characters of the bytes of s.
func appendByteChars(dst, s []byte) []byte {
	for _, b := range s {
		if '!' <= b && b <= '~' {
			dst = append(dst, b)
		} else {
			c := byteChars[b]
			dst = append(dst, c[0], c[1])
		}
	}
	return dst
}

// byteLevelNormalizer writes each byte as its character.
type byteLevelNormalizer struct{}

func newByteLevelNormalizer(json.RawMessage, string) (normalizer, error) {
	return byteLevelNormalizer{}, nil
}

func (byteLevelNormalizer) normalize(dst, s []byte, _ *scratch) []byte {
	return appendByteChars(dst, s)
}
