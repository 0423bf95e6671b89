package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// metaspace writes spaces as a visible character and cuts before each of it.
type metaspace struct {
	replacement []byte // one code point
	scheme      string // "always", "first" or "never" prepend the replacement
	cut         bool
}

func newMetaspace(raw json.RawMessage, at string) (preTokenizer, error) {
	c := struct {
		Replacement string `json:"replacement"`
		Prefix      *bool  `json:"add_prefix_space"` // of files before 0.19
		Scheme      string `json:"prepend_scheme"`
		Split       *bool  `json:"split"`
	}{Scheme: "always"}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	switch {
	case utf8.RuneCountInString(c.Replacement) != 1:
		return nil, fmt.Errorf("%s.replacement: %q is not one character", at, c.Replacement)
	case c.Scheme != "always" && c.Scheme != "first" && c.Scheme != "never":
		return nil, fmt.Errorf("%s.prepend_scheme: %q is not implemented", at, c.Scheme)
	case c.Prefix != nil && !*c.Prefix && c.Scheme != "never":
		return nil, fmt.Errorf("%s: add_prefix_space false contradicts prepend_scheme %q", at, c.Scheme)
	}
	return &metaspace{[]byte(c.Replacement), c.Scheme, c.Split == nil || *c.Split}, nil
}

func (m *metaspace) split(dst []piece, text []byte, first bool, sc *scratch) []piece {
	if len(text) == 0 {
		return dst
	}
	spaces := bytes.Count(text, []byte{' '})
	sc.reserve(len(text) + (spaces+1)*len(m.replacement))
	out := sc.arena
	start := len(out) // of the piece being written
	if (m.scheme == "always" || m.scheme == "first" && first) && text[0] != ' ' && !bytes.HasPrefix(text, m.replacement) {
		out = append(out, m.replacement...)
	}
	lead, from := m.replacement[0], 0 // text[from:i] is to be copied
	for i, c := range text {
		if c != ' ' && c != lead {
			continue
		}
		space := c == ' '
		if !space && !bytes.HasPrefix(text[i:], m.replacement) {
			continue
		}
		out = append(out, text[from:i]...)
		from = i
		if m.cut && start < len(out) {
			dst = append(dst, out[start:len(out):len(out)])
			start = len(out)
		}
		if space {
			out = append(out, m.replacement...)
			from++
		}
	}
	out = append(out, text[from:]...)
	sc.arena = out
	return append(dst, out[start:len(out):len(out)])
}
