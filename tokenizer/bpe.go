package tokenizer

import (
	"bytes"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// bpe starts from a piece's characters and joins neighbours, the pair of the
// lowest rank first, of equal ones the leftmost, until no pair is left that
// has a rank.
//
// Source: models/bpe of tokenizers 0.22.
type bpe struct {
	vocab          *vocabulary
	merges         mergeTable
	unknown        int32
	prefix, suffix string // of characters that do not start, or that end, a piece
	fuseUnknown    bool
	crossing       bool        // a merge joins a ▁ to something else before it
	whole          bool        // ignore_merges: a piece that is a token is that token
	fallback       *[256]int32 // ids of bytes; nil without byte_fallback
	// common are the ids of characters that byte-level and Latin text is made
	// of; nil with a prefix or a suffix.
	common *[1 << 9]int32
}

func newBPE(c *modelConfig) (model, error) {
	var dropout float64
	var unk string
	var byteFallback bool
	m := &bpe{unknown: none}
	c.optional("dropout", &dropout)
	hasUnk := c.optional("unk_token", &unk)
	c.optional("continuing_subword_prefix", &m.prefix)
	c.optional("end_of_word_suffix", &m.suffix)
	c.optional("fuse_unk", &m.fuseUnknown)
	c.optional("byte_fallback", &byteFallback)
	c.optional("ignore_merges", &m.whole)
	if c.err == nil && dropout != 0 {
		c.err = fmt.Errorf("%s: BPE dropout %v is not implemented: ids would be random", c.at, dropout)
	}
	if c.err != nil {
		return nil, c.err
	}
	m.vocab = c.model.vocabulary()
	if hasUnk {
		m.unknown = m.vocab.find([]byte(unk))
	}
	if byteFallback {
		m.fallback = byteTokens(m.vocab)
	}
	if m.prefix == "" && m.suffix == "" {
		m.common = new([1 << 9]int32)
		var char [utf8.UTFMax]byte
		for r := range m.common {
			m.common[r] = m.vocab.find(char[:utf8.EncodeRune(char[:], rune(r))])
		}
	}
	return m, m.compileMerges(c)
}

// compileMerges fills the table of merges. Of two equal ones the last counts.
func (m *bpe) compileMerges(c *modelConfig) error {
	m.merges = newMergeTable(len(c.model.Merges))
	var joined []byte
	for rank, merge := range c.model.Merges {
		if len(merge.Right) < len(m.prefix) {
			return fmt.Errorf("%s: merge %d of %q and %q: the second is shorter than the prefix %q", c.at, rank, merge.Left, merge.Right, m.prefix)
		}
		joined = append(joined[:0], merge.Left...)
		left := m.vocab.find(joined)
		joined = append(joined, merge.Right...)
		right := m.vocab.find(joined[len(merge.Left):])
		joined = append(joined[:len(merge.Left)], merge.Right[len(m.prefix):]...)
		id := m.vocab.find(joined)
		if left == none || right == none || id == none {
			return fmt.Errorf("%s: merge %d of %q and %q: they or %q are not in the vocabulary", c.at, rank, merge.Left, merge.Right, joined)
		}
		m.merges.add(left, right, merged{uint32(rank), id})
		m.crossing = m.crossing || bytes.Contains(bytes.TrimLeft(joined, meta), []byte(meta))
	}
	return nil
}

func (m *bpe) vocabulary() *vocabulary { return m.vocab }
func (m *bpe) unk() int32              { return m.unknown }

func (m *bpe) appendIDs(dst []int32, piece []byte, w *workspace) []int32 {
	if m.whole {
		if id := m.vocab.find(piece); id != none {
			return append(dst, id)
		}
	}
	start := len(dst)
	dst = m.appendCharacters(dst, piece, w)
	if ids := dst[start:]; len(ids) <= maxScan {
		return dst[:start+m.merges.scan(ids)]
	}
	return m.merges.queued(dst, start, w)
}

// appendCharacters appends the ids of a piece's characters.
func (m *bpe) appendCharacters(dst []int32, piece []byte, w *workspace) []int32 {
	// An unknown token waits for a known character after it. A character that
	// falls back to bytes does not count as one: it overtakes. That is what
	// merge_word in models/bpe/model.rs does.
	waiting := false
	for i := 0; i < len(piece); {
		var id int32
		char := piece[i : i+1]
		if c := piece[i]; c < utf8.RuneSelf && m.common != nil {
			id = m.common[c]
		} else {
			r, n := utf8.DecodeRune(piece[i:])
			char = piece[i : i+n]
			if m.common != nil && int(r) < len(m.common) {
				id = m.common[r]
			} else {
				char = m.dress(char, i == 0, i+n == len(piece), w)
				id = m.vocab.find(char)
			}
			i += n - 1
		}
		i++
		if id != none {
			if waiting {
				dst = append(dst, m.unknown)
				waiting = false
			}
			dst = append(dst, id)
			continue
		}
		if m.fallback != nil {
			var ok bool
			if dst, ok = appendBytes(dst, char, m.fallback); ok {
				continue
			}
		}
		if m.unknown != none {
			if waiting && !m.fuseUnknown {
				dst = append(dst, m.unknown)
			}
			waiting = true
		}
	}
	if waiting {
		dst = append(dst, m.unknown)
	}
	return dst
}

// dress puts the prefix before a character that is not the piece's first and
// the suffix after its last.
func (m *bpe) dress(char []byte, first, last bool, w *workspace) []byte {
	if (first || m.prefix == "") && (!last || m.suffix == "") {
		return char
	}
	w.text = w.text[:0]
	if !first {
		w.text = append(w.text, m.prefix...)
	}
	w.text = append(w.text, char...)
	if last {
		w.text = append(w.text, m.suffix...)
	}
	return w.text
}

// merged is what a pair of tokens becomes, and how early.
type merged struct {
	rank uint32
	id   int32
}

// noMerge is the rank of a pair that is not merged.
const noMerge = 1<<32 - 1

// A mergeTable finds the merge of two tokens by open addressing.
type mergeTable struct {
	slots []mergeSlot
	shift int
}

type mergeSlot struct {
	pair uint64
	merged
}

// emptyPair is no pair of ids: those are below 1<<31.
const emptyPair = 1<<64 - 1

// newMergeTable returns a table for n merges, at most half full.
func newMergeTable(n int) mergeTable {
	log := bits.Len(uint(2*n + 1))
	t := mergeTable{make([]mergeSlot, 1<<log), 64 - log}
	for i := range t.slots {
		t.slots[i] = mergeSlot{emptyPair, merged{noMerge, none}}
	}
	return t
}

func (t *mergeTable) slot(left, right int32) *mergeSlot {
	pair := uint64(uint32(left))<<32 | uint64(uint32(right))
	mask := uint64(len(t.slots) - 1)
	// Fibonacci hashing after a fold, for the high half to reach all bits.
	for i := (pair ^ pair>>29) * 0x9E3779B97F4A7C15 >> t.shift; ; i = (i + 1) & mask {
		if s := &t.slots[i&mask]; s.pair == pair || s.pair == emptyPair {
			return s
		}
	}
}

func (t *mergeTable) add(left, right int32, m merged) {
	s := t.slot(left, right)
	s.pair, s.merged = uint64(uint32(left))<<32|uint64(uint32(right)), m
}

// find returns what becomes of two tokens, with the rank noMerge if nothing.
func (t *mergeTable) find(left, right int32) merged { return t.slot(left, right).merged }

// cutsAtMeta says whether a piece that has a ▁ after something else can be cut
// before it without a change of ids: no merge joins the two sides, and ▁
// itself is known, so that unknown tokens do not fuse across.
func (m *bpe) cutsAtMeta() bool {
	return !m.crossing && !m.whole && m.prefix == "" && m.suffix == "" && m.vocab.find([]byte(meta)) != none
}
