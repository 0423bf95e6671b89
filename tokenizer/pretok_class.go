package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// classes says of each code point to which of a few classes it belongs:
// classes' own table for ASCII, flags for the others.
type classes struct {
	flags *pages[uint16]
	ascii [utf8.RuneSelf]uint16 // the flags of ASCII, masked
	mask  uint16
}

func newClasses(mask uint16) classes {
	c := classes{flags: codeFlags(), mask: mask}
	for i := range c.ascii {
		c.ascii[i] = c.flags.at(rune(i)) & mask
	}
	return c
}

// at returns the flags among the mask of the code point that begins at i, and
// its size.
func (c *classes) at(text []byte, i int) (flags uint16, size int) {
	if b := text[i]; b < utf8.RuneSelf {
		return c.ascii[b], 1
	}
	r, size := utf8.DecodeRune(text[i:])
	return c.flags.at(r) & c.mask, size
}

// words cuts text into runs of code points. White space lies between them, and
// belongs to none; what has one of the flags alone is a piece of its own; a run
// ends where the flags among together change.
type words struct {
	classes
	alone uint16
}

func newWhitespaceSplit(json.RawMessage, string) (preTokenizer, error) {
	return &words{classes: newClasses(flagSpace)}, nil
}

func newBertPreTokenizer(json.RawMessage, string) (preTokenizer, error) {
	return &words{classes: newClasses(flagSpace | flagPunct), alone: flagPunct}, nil
}

// newWhitespace is the regex \w+|[^\w\s]+.
func newWhitespace(json.RawMessage, string) (preTokenizer, error) {
	return &words{classes: newClasses(flagSpace | flagWord)}, nil
}

func (w *words) split(dst []piece, text []byte, _ bool, _ *scratch) []piece {
	start, last := 0, flagSpace
	for i := 0; i < len(text); {
		flags, size := w.at(text, i)
		if flags != last || flags&w.alone != 0 {
			if last&flagSpace == 0 {
				dst = append(dst, text[start:i:i])
			}
			start, last = i, flags
		}
		i += size
	}
	if last&flagSpace == 0 {
		dst = append(dst, text[start:])
	}
	return dst
}

// delimiters splits at single code points that have a flag.
type delimiters struct {
	classes
	behavior behavior
}

func newPunctuation(raw json.RawMessage, at string) (preTokenizer, error) {
	c := struct {
		Behavior string `json:"behavior"`
	}{"Isolated"}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	b, err := parseBehavior(c.Behavior, at)
	if err != nil {
		return nil, err
	}
	return &delimiters{newClasses(flagPunct), b}, nil
}

func newDigits(raw json.RawMessage, at string) (preTokenizer, error) {
	var c struct {
		Individual *bool `json:"individual_digits"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Individual == nil {
		return nil, fmt.Errorf("%s: Digits needs individual_digits", at)
	}
	d := &delimiters{newClasses(flagNumeric), contiguous}
	if *c.Individual {
		d.behavior = isolated
	}
	return d, nil
}

func (d *delimiters) split(dst []piece, text []byte, _ bool, _ *scratch) []piece {
	c := cutter{dst: dst, text: text, behavior: d.behavior}
	start := 0 // of what lies before the next delimiter
	for i := 0; i < len(text); {
		flags, size := d.at(text, i)
		if flags != 0 {
			if start < i {
				c.add(start, i, false)
			}
			start = i + size
			c.add(i, start, true)
		}
		i += size
	}
	if start < len(text) {
		c.add(start, len(text), false)
	}
	return c.finish()
}

// newCharDelimiterSplit splits at one code point, which goes.
func newCharDelimiterSplit(raw json.RawMessage, at string) (preTokenizer, error) {
	var c struct {
		Delimiter string `json:"delimiter"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(c.Delimiter) != 1 {
		return nil, fmt.Errorf("%s.delimiter: %q is not one character", at, c.Delimiter)
	}
	return &literalSplit{literal: []byte(c.Delimiter), behavior: removed}, nil
}
