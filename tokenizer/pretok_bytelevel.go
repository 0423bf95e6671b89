package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// byteLevel is GPT-2's pre-tokenizer: it cuts with GPT-2's regex and writes
// each byte as a printable character.
type byteLevel struct {
	prefix bool     // a space goes before text that does not start with one
	scan   *scanner // nil: nothing is cut
}

func newByteLevel(raw json.RawMessage, at string) (preTokenizer, error) {
	c := struct {
		Prefix *bool `json:"add_prefix_space"`
		Regex  bool  `json:"use_regex"`
	}{Regex: true}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Prefix == nil {
		return nil, fmt.Errorf("%s: ByteLevel needs add_prefix_space", at)
	}
	b := &byteLevel{prefix: *c.Prefix}
	if c.Regex {
		b.scan = newScanner(gpt2Rules)
	}
	return b, nil
}

func (b *byteLevel) split(dst []piece, text []byte, _ bool, sc *scratch) []piece {
	if len(text) == 0 {
		return dst
	}
	sc.reserve(2*len(text) + 2)
	out := sc.arena
	if b.prefix && text[0] != ' ' {
		// The space joins what it stands before, as the regex will have it.
		sc.text[0] = append(append(sc.text[0][:0], ' '), text...)
		text = sc.text[0]
	}
	for i := 0; i < len(text); {
		end := len(text)
		if b.scan != nil {
			end = b.scan.next(text, i)
		}
		start := len(out)
		out = appendByteChars(out, text[i:end])
		dst = append(dst, slices.Clip(out[start:]))
		i = end
	}
	sc.arena = out
	return dst
}
