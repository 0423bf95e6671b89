package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// unigram cuts a piece where the sum of the tokens' scores, their
// log-probabilities, is highest.
//
// Source: encode_optimized in models/unigram/model.rs of tokenizers 0.22,
// after sentencepiece. Sums and ties are kept as they are there: scores add up
// from the left in float64, and of equal sums the longer last token wins.
type unigram struct {
	vocab    *vocabulary
	tokens   *lateLexicon
	spelled  []float64 // by id, the scores as the file has them; goroutines may look up while another makes the lexicon
	scores   []float64 // by id, as they count; made with the lexicon
	unknown  int32
	unkScore float64     // of a character that is no token
	fallback *[256]int32 // ids of bytes; nil without byte_fallback
}

// unkPenalty is how much worse than the worst token an unknown character is.
const unkPenalty = 10

func newUnigram(c *modelConfig) (model, error) {
	unk, byteFallback := -1, false
	known := c.optional("unk_id", &unk)
	c.optional("byte_fallback", &byteFallback)
	if c.err == nil && known && (unk < 0 || unk >= len(c.model.Vocab)) {
		c.err = fmt.Errorf("%s: unk_id %d is not in the vocabulary of %d", c.at, unk, len(c.model.Vocab))
	}
	if c.err != nil {
		return nil, c.err
	}
	m := &unigram{vocab: c.model.vocabulary(), unknown: int32(unk), spelled: make([]float64, len(c.model.Vocab))}
	if m.vocab.ids != nil {
		return nil, fmt.Errorf("%s: ids of the Unigram model are not the indexes of its tokens", c.at)
	}
	for i := range c.model.Vocab {
		m.spelled[i] = c.model.Vocab[i].Score
	}
	m.unkScore = leastScore(m.spelled) - unkPenalty
	var err error
	if m.tokens, err = newLateLexicon(m.vocab, m.rescore); err != nil {
		return nil, fmt.Errorf("%s: %w", c.at, err)
	}
	if byteFallback {
		m.fallback = byteTokens(m.vocab)
	}
	return m, nil
}

// rescore computes the scores as they count. Those of the file stay: another goroutine may still
// be in lookUp.
func (m *unigram) rescore(*lexicon) {
	m.scores = make([]float64, len(m.spelled))
	for i, score := range m.spelled {
		m.scores[i] = hubScore(score)
	}
}

// leastScore returns the least of the scores as they count, which differ from those
// of the file by less than near of their size.
func leastScore(spelled []float64) float64 {
	const near = 1e-12
	bound, least := math.Inf(1), math.Inf(1)
	for _, score := range spelled {
		bound = min(bound, score+near*math.Abs(score))
	}
	for _, score := range spelled {
		if score-near*math.Abs(score) <= bound {
			least = min(least, hubScore(score))
		}
	}
	return least
}

func (m *unigram) vocabulary() *vocabulary { return m.vocab }
func (m *unigram) unk() int32              { return m.unknown }

// bestPath is the best way to cut a text up to some rune.
type bestPath struct {
	score float64
	start int32 // where its last token starts, in runes; -1: not reached yet
	id    int32 // of that token
}

// step is a token of the best path: runes[start:end].
type step struct{ start, end, id int32 }

func (m *unigram) appendIDs(dst []int32, piece []byte, w *workspace) []int32 {
	w.runes = appendRunes(w.runes[:0], piece)
	w.start()
	if tokens := m.tokens.lexicon(piece); tokens != nil {
		m.search(tokens, w)
	} else {
		m.lookUp(piece, w)
	}
	w.path = w.path[:0]
	for end := int32(len(w.runes)); end > 0; {
		b := w.best[end]
		w.path = append(w.path, step{b.start, end, b.id})
		end = b.start
	}
	offset := 0 // in bytes
	for i := len(w.path) - 1; i >= 0; i-- {
		s := w.path[i]
		from := offset
		offset += runesSize(w.runes[s.start:s.end])
		if s.id != m.unknown {
			dst = append(dst, s.id)
			continue
		}
		for i > 0 && w.path[i-1].id == m.unknown { // neighbours fuse
			i--
			offset += runesSize(w.runes[w.path[i].start:w.path[i].end])
		}
		dst = m.appendUnknown(dst, piece[from:offset])
	}
	return dst
}

// start makes w.best, one more than there are runes.
func (w *workspace) start() {
	n := len(w.runes)
	w.best = slices.Grow(w.best[:0], n+1)[:n+1]
	for i := range w.best {
		w.best[i] = bestPath{start: -1}
	}
}

// search fills w.best.
func (m *unigram) search(tokens *lexicon, w *workspace) {
	n := len(w.runes)
	for i := range n {
		before := w.best[i].score
		single := false
		node := tokens.root
		for j := i; j < n; j++ {
			next, id, ok := tokens.step(node, uint32(w.runes[j]))
			if !ok {
				break
			}
			if id != none {
				single = single || j == i
				w.best[j+1].offer(before+m.scores[id], i, id)
			}
			if next == 0 {
				break
			}
			node = next
		}
		if !single {
			w.best[i+1].offer(before+m.unkScore, i, m.unknown)
		}
	}
}

// lookUp is search without a lexicon: it looks for each part of the piece in the vocabulary.
func (m *unigram) lookUp(piece []byte, w *workspace) {
	for i := range w.runes {
		before := w.best[i].score
		single := false
		size := 0
		for j, r := range w.runes[i:] {
			if size += utf8.RuneLen(r); size > m.tokens.most {
				break
			}
			if id := m.vocab.find(piece[:size]); id != none {
				single = single || j == 0
				w.best[i+j+1].offer(before+hubScore(m.spelled[id]), i, id)
			}
		}
		if !single {
			w.best[i+1].offer(before+m.unkScore, i, m.unknown)
		}
		piece = piece[utf8.RuneLen(w.runes[i]):]
	}
}

// offer replaces the path if another is better.
func (b *bestPath) offer(score float64, start int, id int32) {
	if b.start < 0 || score > b.score {
		*b = bestPath{score, int32(start), id}
	}
}

// appendUnknown appends what stands for text that is no token: its bytes, all
// of them, or the unknown token. A run of unknown tokens may be a token again.
func (m *unigram) appendUnknown(dst []int32, text []byte) []int32 {
	if id := m.vocab.find(text); id != none {
		return append(dst, id)
	}
	if m.fallback != nil {
		var ok bool
		if dst, ok = appendBytes(dst, text, m.fallback); ok {
			return dst
		}
	}
	if m.unknown == none {
		return dst
	}
	return append(dst, m.unknown)
}

func appendRunes(dst []rune, text []byte) []rune {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			dst = append(dst, rune(c))
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		dst = append(dst, r)
		i += n
	}
	return dst
}

func runesSize(runes []rune) (n int) {
	for _, r := range runes {
		n += utf8.RuneLen(r)
	}
	return n
}
