package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// preTokenizerType returns what compiles a pre-tokenizer of that "type", nil
// where there is none.
func preTokenizerType(kind string) func(raw json.RawMessage, at string) (preTokenizer, error) {
	switch kind {
	case "Sequence":
		return newPreTokenizerSequence
	case "BertPreTokenizer":
		return newBertPreTokenizer
	case "Whitespace":
		return newWhitespace
	case "WhitespaceSplit":
		return newWhitespaceSplit
	case "Punctuation":
		return newPunctuation
	case "Digits":
		return newDigits
	case "CharDelimiterSplit":
		return newCharDelimiterSplit
	case "Metaspace":
		return newMetaspace
	case "ByteLevel":
		return newByteLevel
	case "Split":
		return newSplit
	case "UnicodeScripts":
		return newUnicodeScripts
	case "FixedLength":
		return newFixedLength
	}
	return nil
}

// preTokenizerSequence lets each pre-tokenizer cut the pieces of the one
// before. There are two at least, and none is a sequence itself.
type preTokenizerSequence []preTokenizer

func newPreTokenizerSequence(raw json.RawMessage, at string) (preTokenizer, error) {
	var c struct {
		PreTokenizers []json.RawMessage `json:"pretokenizers"`
	}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.PreTokenizers == nil {
		return nil, fmt.Errorf("%s: Sequence needs pretokenizers", at)
	}
	var seq preTokenizerSequence
	for i, r := range c.PreTokenizers {
		p, err := newPreTokenizer(r, fmt.Sprintf("%s.pretokenizers[%d]", at, i))
		switch p := p.(type) {
		case nil:
			if err != nil {
				return nil, err
			}
		case preTokenizerSequence:
			seq = append(seq, p...)
		default:
			seq = append(seq, p)
		}
	}
	switch len(seq) {
	case 0:
		return nil, nil
	case 1:
		return seq[0], nil
	}
	return seq, nil
}

func (seq preTokenizerSequence) split(dst []piece, text []byte, first bool, sc *scratch) []piece {
	pieces := append(sc.pieces[0][:0], text)
	for n, p := range seq {
		out := dst
		if n < len(seq)-1 {
			out = sc.pieces[(n+1)%2][:0]
		}
		for i, t := range pieces {
			before := len(out)
			out = p.split(out, t, first && i == 0, sc)
			if i == 0 {
				first = first && len(out) > before && startsWith(p, t, out[before])
			}
		}
		sc.pieces[n%2] = pieces
		pieces = out
	}
	return pieces
}

// startsWith reports whether piece, the first that p cut from text, starts
// where text does. The pre-tokenizers that write new bytes drop nothing.
func startsWith(p preTokenizer, text []byte, first piece) bool {
	switch p.(type) {
	case *metaspace, *byteLevel:
		return true
	}
	return &first[0] == &text[0]
}

// behavior is what becomes of the delimiters that a text is split at.
type behavior uint8

const (
	removed behavior = iota
	isolated
	mergedWithPrevious
	mergedWithNext
	contiguous
)

// parseBehavior reads a behavior's name in tokenizer.json.
func parseBehavior(name, at string) (behavior, error) {
	switch name {
	case "Removed":
		return removed, nil
	case "Isolated":
		return isolated, nil
	case "MergedWithPrevious":
		return mergedWithPrevious, nil
	case "MergedWithNext":
		return mergedWithNext, nil
	case "Contiguous":
		return contiguous, nil
	}
	return 0, fmt.Errorf("%s.behavior: %q is not implemented", at, name)
}

// cutter turns a text's stretches, in order, into pieces by a behavior.
// Delimiters and what is between them may be empty.
type cutter struct {
	dst      []piece
	text     []byte
	behavior behavior

	start, end int  // of the piece that the next stretch may still join
	open       bool // there is one
	delimiter  bool // the stretch before was a delimiter
}

// add takes the stretch from start to end.
func (c *cutter) add(start, end int, delimiter bool) {
	joins := false
	switch c.behavior {
	case removed:
		if !delimiter && start < end {
			c.dst = append(c.dst, c.text[start:end:end])
		}
		return
	case isolated:
		if start < end {
			c.dst = append(c.dst, c.text[start:end:end])
		}
		return
	case contiguous:
		joins = delimiter == c.delimiter
	case mergedWithPrevious:
		joins = delimiter && !c.delimiter
	case mergedWithNext:
		joins = !delimiter && c.delimiter
	}
	c.delimiter = delimiter
	if joins && c.open {
		c.end = end
		return
	}
	c.flush()
	c.start, c.end, c.open = start, end, true
}

// flush ends the piece that could still be joined.
func (c *cutter) flush() {
	if c.open && c.start < c.end {
		c.dst = append(c.dst, c.text[c.start:c.end:c.end])
	}
}

// finish returns the pieces.
func (c *cutter) finish() []piece {
	c.flush()
	return c.dst
}

// fixedLength cuts after every so many code points.
type fixedLength int

func newFixedLength(raw json.RawMessage, at string) (preTokenizer, error) {
	c := struct {
		Length int `json:"length"`
	}{Length: 5}
	if err := decode(raw, at, &c); err != nil {
		return nil, err
	}
	if c.Length < 1 {
		return nil, fmt.Errorf("%s.length: %d is not positive", at, c.Length)
	}
	return fixedLength(c.Length), nil
}

func (n fixedLength) split(dst []piece, text []byte, _ bool, _ *scratch) []piece {
	start, count := 0, 0
	for i := 0; i < len(text); {
		if count == int(n) {
			dst = append(dst, text[start:i:i])
			start, count = i, 0
		}
		_, size := utf8.DecodeRune(text[i:])
		i += size
		count++
	}
	if start < len(text) {
		dst = append(dst, text[start:])
	}
	return dst
}

// unicodeScripts cuts where the script changes; kana count as Han, and what
// belongs to no script cuts nothing. As in the original, such text at the very
// start belongs to no piece.
type unicodeScripts struct{ scripts *pages[uint8] }

func newUnicodeScripts(json.RawMessage, string) (preTokenizer, error) {
	return unicodeScripts{scriptTable()}, nil
}

func (u unicodeScripts) split(dst []piece, text []byte, _ bool, _ *scratch) []piece {
	start, last := -1, uint8(0)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if script := u.scripts.at(r); script != 0 && script != last {
			if start >= 0 {
				dst = append(dst, text[start:i:i])
			}
			start, last = i, script
		}
		i += size
	}
	if start >= 0 {
		dst = append(dst, text[start:])
	}
	return dst
}
