package sentencepiece

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/charsmap"
)

// meta is how a space is written in pieces.
const meta = "▁"

// normalizer is what becomes of a text before it is cut.
//
// Source: Normalizer::Normalize in normalizer.cc of sentencepiece 0.2.
type normalizer struct {
	charsmap    []byte        // as the file has it; empty for none
	entries     *charsmap.Map // of charsmap; nil for none
	dummyPrefix bool          // a space comes before the text
	removeExtra bool          // of spaces in a row one is left, of those at the ends none
}

func (n *normalizer) parse(data []byte) error {
	escape := true
	err := eachField(data, func(f field) error {
		switch f.num {
		case 2:
			n.charsmap = slices.Clone(f.bytes)
		case 3:
			n.dummyPrefix = f.value != 0
		case 4:
			n.removeExtra = f.value != 0
		case 5:
			escape = f.value != 0
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !escape:
		return errors.New("escape_whitespaces false is not implemented")
	case len(n.charsmap) == 0:
		return nil
	}
	n.entries, err = charsmap.Parse(n.charsmap)
	return err
}

// normalize returns text as the model wants it, spaces written as ▁.
func (n *normalizer) normalize(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	var out strings.Builder
	out.Grow(len(text) + len(text)/4 + len(meta))
	if n.dummyPrefix && text != "" {
		out.WriteString(meta)
	}
	space := n.removeExtra // as if a space came before
	for len(text) > 0 {
		to, size := n.prefix(text)
		text = text[size:]
		if space {
			to = strings.TrimLeft(to, " ")
		}
		if to == "" {
			continue
		}
		for part := range strings.SplitSeq(to, "") {
			if part == " " {
				part = meta
			}
			out.WriteString(part)
		}
		space = n.removeExtra && strings.HasSuffix(to, " ")
	}
	if !n.removeExtra {
		return out.String()
	}
	s := out.String()
	for strings.HasSuffix(s, meta) {
		s = strings.TrimSuffix(s, meta)
	}
	return s
}

// prefix returns what the beginning of text, which is not empty, becomes, and how
// many bytes that takes: the longest entry of the map, or one character as it is.
func (n *normalizer) prefix(text string) (to string, size int) {
	_, size = utf8.DecodeRuneInString(text)
	to = text[:size]
	if n.entries == nil {
		return to, size
	}
	for i, longer := range charsmap.Entries(n.entries, text) {
		to, size = longer, i
	}
	return to, size
}
