package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// pattern is what Replace and Split look for.
type pattern struct {
	Literal *string `json:"String"`
	Regex   *string `json:"Regex"`
}

// check refuses a pattern that is neither one nor the other.
func (p pattern) check(at string) error {
	if (p.Literal == nil) == (p.Regex == nil) {
		return fmt.Errorf("%s.pattern: neither a String nor a Regex", at)
	}
	return nil
}

// compile returns the pattern's regex, or nil for a literal that is not empty.
func (p pattern) compile(at string) (*regex, error) {
	if p.Literal != nil && *p.Literal != "" {
		return nil, nil
	}
	source := ""
	if p.Regex != nil {
		source = *p.Regex
	}
	re, err := compileRegex(source)
	if err != nil {
		return nil, fmt.Errorf("%s.pattern: %w", at, err)
	}
	return re, nil
}

func newSplit(raw json.RawMessage, at string) (preTokenizer, error) {
	var c struct {
		Pattern  pattern `json:"pattern"`
		Behavior string  `json:"behavior"`
		Invert   bool    `json:"invert"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if err := c.Pattern.check(at); err != nil {
		return nil, err
	}
	b, err := parseBehavior(c.Behavior, at)
	if err != nil {
		return nil, err
	}
	re, err := c.Pattern.compile(at)
	if err != nil {
		return nil, err
	}
	if re == nil {
		return &literalSplit{[]byte(*c.Pattern.Literal), b, c.Invert}, nil
	}
	return &regexSplit{re, b, c.Invert}, nil
}

// literalSplit splits at a string that is not empty; with invert what is
// between its occurrences are the delimiters.
type literalSplit struct {
	literal  []byte
	behavior behavior
	invert   bool
}

func (l *literalSplit) split(dst []piece, text []byte, _ bool, _ *scratch) []piece {
	c := cutter{dst: dst, text: text, behavior: l.behavior}
	start := 0
	for {
		i := bytes.Index(text[start:], l.literal)
		if i < 0 {
			break
		}
		if i > 0 {
			c.add(start, start+i, l.invert)
		}
		start += i + len(l.literal)
		c.add(start-len(l.literal), start, !l.invert)
	}
	if start < len(text) {
		c.add(start, len(text), l.invert)
	}
	return c.finish()
}

// regexSplit splits at the matches of a regular expression; with invert what is
// between them are the delimiters.
type regexSplit struct {
	regex    *regex
	behavior behavior
	invert   bool
}

func (r *regexSplit) split(dst []piece, text []byte, _ bool, sc *scratch) []piece {
	if len(text) == 0 {
		return dst
	}
	c := cutter{dst: dst, text: text, behavior: r.behavior}
	start := 0
	m := r.regex.matches(text, &sc.regex)
	for m.next() {
		if start < m.start {
			c.add(start, m.start, r.invert)
		}
		c.add(m.start, m.end, !r.invert)
		start = m.end
	}
	if start < len(text) {
		c.add(start, len(text), r.invert)
	}
	return c.finish()
}

// replace writes a string for each match of a pattern.
type replace struct {
	literal []byte // without regex
	regex   *regex
	content []byte
}

func newReplace(raw json.RawMessage, at string) (normalizer, error) {
	var c struct {
		Pattern pattern `json:"pattern"`
		Content *string `json:"content"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if err := c.Pattern.check(at); err != nil {
		return nil, err
	}
	if c.Content == nil {
		return nil, fmt.Errorf("%s: Replace needs content", at)
	}
	n := &replace{content: []byte(*c.Content)}
	var err error
	if n.regex, err = c.Pattern.compile(at); err != nil {
		return nil, err
	}
	if n.regex == nil {
		n.literal = []byte(*c.Pattern.Literal)
	}
	return n, nil
}

func (n *replace) normalize(dst, s []byte, sc *scratch) []byte {
	if len(s) == 0 {
		return dst
	}
	start := 0
	if n.regex == nil {
		for {
			i := bytes.Index(s[start:], n.literal)
			if i < 0 {
				break
			}
			if start+i == 0 {
				n.markShift(s[:len(n.literal)], sc)
			}
			dst = append(dst, s[start:start+i]...)
			dst = append(dst, n.content...)
			start += i + len(n.literal)
		}
		return append(dst, s[start:]...)
	}
	m := n.regex.matches(s, &sc.regex)
	for m.next() {
		if m.start == 0 {
			n.markShift(s[:m.end], sc)
		}
		dst = append(dst, s[start:m.start]...)
		dst = append(dst, n.content...)
		start = m.end
	}
	return append(dst, s[start:]...)
}

// markShift notes what becomes of the text's start when match, there, is
// replaced: the original takes the new text to come from the last code point
// of the match.
func (n *replace) markShift(match []byte, sc *scratch) {
	if len(n.content) == 0 && len(match) > 0 || utf8.RuneCount(match) > 1 {
		sc.shifted = true
	}
}
