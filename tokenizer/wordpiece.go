package tokenizer

import (
	"fmt"
	"sync"
	"unicode/utf8"
)

// wordPiece cuts a piece into the longest tokens from the left. All but the
// first carry a prefix (##) in the vocabulary. A piece that cannot be cut so
// is one unknown token.
type wordPiece struct {
	vocab   *vocabulary
	tokens  *lexicon
	inside  uint32 // the node that the prefix leads to; with 0 nothing is found
	unknown int32
	most    int // characters a piece may have; a longer one is unknown
}

func newWordPiece(c *modelConfig) (model, error) {
	var unk, prefix string
	var most int
	c.required("unk_token", &unk)
	c.required("continuing_subword_prefix", &prefix)
	c.required("max_input_chars_per_word", &most)
	if c.err == nil && most < 0 {
		c.err = fmt.Errorf("%s: max_input_chars_per_word %d is negative", c.at, most)
	}
	if c.err != nil {
		return nil, c.err
	}
	v := newUnindexed(c.model.Vocab)
	var wg sync.WaitGroup
	wg.Go(v.index)
	tokens, err := newLexicon(v)
	wg.Wait()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.at, err)
	}
	m := &wordPiece{vocab: v, tokens: tokens, unknown: v.find([]byte(unk)), most: most}
	m.inside = m.tokens.root
	for _, r := range prefix {
		m.inside, _, _ = m.tokens.step(m.inside, uint32(r))
	}
	return m, nil
}

func (m *wordPiece) vocabulary() *vocabulary { return m.vocab }
func (m *wordPiece) unk() int32              { return m.unknown }

func (m *wordPiece) appendIDs(dst []int32, piece []byte, _ *workspace) []int32 {
	before := len(dst)
	if len(piece) > m.most && utf8.RuneCount(piece) > m.most {
		return m.appendUnknown(dst)
	}
	for node := m.tokens.root; len(piece) > 0; node = m.inside {
		id, size := m.longest(node, piece)
		if id == none {
			return m.appendUnknown(dst[:before])
		}
		dst = append(dst, id)
		piece = piece[size:]
	}
	return dst
}

// longest returns the longest token at the start of text that the trie has
// below a node, and its size in text, or none.
func (m *wordPiece) longest(node uint32, text []byte) (id int32, size int) {
	id = none
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		next, ends, ok := m.tokens.step(node, uint32(r))
		if !ok {
			break
		}
		i += n
		if ends != none {
			id, size = ends, i
		}
		if next == 0 {
			break
		}
		node = next
	}
	return id, size
}

func (m *wordPiece) appendUnknown(dst []int32) []int32 {
	if m.unknown == none {
		return dst
	}
	return append(dst, m.unknown)
}
