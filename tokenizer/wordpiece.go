package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// wordPiece cuts a piece into the longest tokens from the left. All but the
// first carry a prefix (##) in the vocabulary. A piece that cannot be cut so
// is one unknown token.
type wordPiece struct {
	vocab   *vocabulary
	tokens  *lateLexicon
	prefix  string
	inside  uint32 // the lexicon's node that the prefix leads to; with 0 nothing is found
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
	m := &wordPiece{vocab: c.model.vocabulary(), prefix: prefix, most: most}
	m.unknown = m.vocab.find([]byte(unk))
	var err error
	if m.tokens, err = newLateLexicon(m.vocab, m.enter); err != nil {
		return nil, fmt.Errorf("%s: %w", c.at, err)
	}
	return m, nil
}

// enter looks up the prefix in the lexicon.
func (m *wordPiece) enter(tokens *lexicon) {
	m.inside = tokens.root
	for _, r := range m.prefix {
		m.inside, _, _ = tokens.step(m.inside, uint32(r))
	}
}

func (m *wordPiece) vocabulary() *vocabulary { return m.vocab }
func (m *wordPiece) unk() int32              { return m.unknown }

func (m *wordPiece) appendIDs(dst []int32, piece []byte, w *workspace) []int32 {
	before := len(dst)
	if len(piece) > m.most && utf8.RuneCount(piece) > m.most {
		return m.appendUnknown(dst)
	}
	tokens := m.tokens.lexicon(piece)
	if tokens == nil {
		return m.lookUp(dst, piece, w)
	}
	for node := tokens.root; len(piece) > 0; node = m.inside {
		id, size := tokens.longest(node, piece)
		if id == none {
			return m.appendUnknown(dst[:before])
		}
		dst = append(dst, id)
		piece = piece[size:]
	}
	return dst
}

// lookUp is appendIDs without a lexicon.
func (m *wordPiece) lookUp(dst []int32, piece []byte, w *workspace) []int32 {
	before := len(dst)
	for prefix := ""; len(piece) > 0; prefix = m.prefix {
		w.text = append(append(w.text[:0], prefix...), piece...)
		id, size := m.tokens.longest(w.text, len(prefix))
		if id == none {
			return m.appendUnknown(dst[:before])
		}
		dst = append(dst, id)
		piece = piece[size-len(prefix):]
	}
	return dst
}

func (m *wordPiece) appendUnknown(dst []int32) []int32 {
	if m.unknown == none {
		return dst
	}
	return append(dst, m.unknown)
}
