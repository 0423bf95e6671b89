package tokenizer

import (
	"encoding/binary"
	"math/bits"
)

// A stretch is a part of a normalized text between two cuts, mostly a word.
type stretch struct {
	start, end int
	key        wordKey // of a stretch of at most maxCached bytes
	hash       uint64  // of the key
}

// together is how many stretches are looked up in the word cache at a time. The cache does not
// fit the processor's nearest one: a place in it is asked for as soon as a stretch is cut,
// and arrives while the next ones are cut. One at a time, waiting was a sixth of encoding.
const together = 16

// A queue holds stretches of a text, in order, that have been cut and not encoded yet.
type queue struct {
	list [together]stretch
	n    int
	// first says that the text is the start of the input, and that the start is pre-tokenized
	// otherwise.
	first bool
}

// appendStretches encodes normalized text that is cut before it is pre-tokenized. padding bytes
// after it are readable.
func (e *Encoder) appendStretches(dst []int32, text []byte, first bool) []int32 {
	e.queue.n, e.queue.first = 0, first && e.t.first
	switch e.t.cut {
	case cutBlanks:
		dst = e.cutBlanks(dst, text)
	case cutSpaces:
		dst = e.cutSpaces(dst, text)
	case cutMetas:
		dst = e.cutMetas(dst, text)
	}
	return e.flush(dst, text)
}

// cutBlanks cuts text at white space and around bytes that are a piece each.
//
// Cuts are found as bits of 64 bytes. A loop over bytes would end at each word, where the processor
// does not expect it.
func (e *Encoder) cutBlanks(dst []int32, text []byte) []int32 {
	const no = -1
	open, goesOn := no, uint64(0) // where the word starts that reaches into this block, and 1 if there is one
	for at := 0; at < len(text); at += 64 {
		words, singles := e.t.blanks.find(text[at:min(at+64, len(text))])
		inside := words & (words<<1 | goesOn) // a word's bytes after its first
		if open != no {
			size := bits.TrailingZeros64(^inside)
			if size == 64 {
				continue
			}
			dst = e.push(dst, text, open, at+size)
			open = no
		}
		goesOn = words >> 63
		for starts := words&^inside | singles; starts != 0; starts &= starts - 1 {
			start := bits.TrailingZeros64(starts)
			end := start + 1 + bits.TrailingZeros64(^inside>>(start+1))
			if end >= 64 && goesOn == 1 {
				open = at + start
				break
			}
			dst = e.push(dst, text, at+start, at+min(end, 64))
		}
	}
	if open != no {
		dst = e.push(dst, text, open, len(text))
	}
	return dst
}

// cutSpaces cuts text before single spaces.
func (e *Encoder) cutSpaces(dst []int32, text []byte) []int32 {
	for i := 0; i < len(text); {
		j := i + 1
		for j < len(text) && (text[j] != ' ' || !cutsAtSpace(text, j)) {
			j++
		}
		dst = e.push(dst, text, i, j)
		i = j
	}
	return dst
}

// meta is ▁, which stands for a space, in UTF-8.
const meta = "\u2581"

// cutMetas cuts text before each ▁ after something else.
func (e *Encoder) cutMetas(dst []int32, text []byte) []int32 {
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && isMeta(text, j) {
			j += len(meta)
		}
		for j < len(text) && !isMeta(text, j) {
			j++
		}
		dst = e.push(dst, text, i, j)
		i = j
	}
	return dst
}

func isMeta(text []byte, i int) bool {
	return text[i] == meta[0] && i+2 < len(text) && text[i+1] == meta[1] && text[i+2] == meta[2]
}

// push takes the stretch text[start:end], and appends the ids of those before it if there is
// no room for more.
func (e *Encoder) push(dst []int32, text []byte, start, end int) []int32 {
	if e.queue.n == together {
		dst = e.flush(dst, text)
	}
	s := &e.queue.list[e.queue.n]
	e.queue.n++
	s.start, s.end = start, end
	if size := end - start; size <= maxCached {
		s.key.set(text[:len(text)+padding], start, size)
		s.hash = s.key.hash(size)
		e.cache.ask(s.hash)
	}
	return dst
}

// flush appends the ids of the stretches that were pushed.
func (e *Encoder) flush(dst []int32, text []byte) []int32 {
	q := &e.queue
	for i := range q.list[:q.n] {
		s := &q.list[i]
		size := s.end - s.start
		if size > maxCached || q.first && s.start == 0 { // nothing to remember: the start comes out otherwise elsewhere
			dst = e.appendPieces(dst, text[s.start:s.end], q.first && s.start == 0)
			continue
		}
		if l := e.cache.find(&s.key, size, s.hash); l != nil {
			dst = l.appendIDs(dst)
			continue
		}
		from := len(dst)
		dst = e.appendPieces(dst, text[s.start:s.end], false)
		e.cache.add(&s.key, size, s.hash, dst[from:])
	}
	q.n = 0
	return dst
}

// appendPieces pre-tokenizes a stretch, unless it is one piece, and encodes
// its pieces. first says whether it is the start of the input.
func (e *Encoder) appendPieces(dst []int32, stretch []byte, first bool) []int32 {
	if e.t.isPiece(stretch) {
		return e.t.model.appendIDs(dst, stretch, &e.workspace)
	}
	e.scratch.reset()
	e.pieces = e.t.preTokenizer.split(e.pieces[:0], stretch, first, &e.scratch)
	for _, p := range e.pieces {
		dst = e.t.model.appendIDs(dst, p, &e.workspace)
	}
	return dst
}

// isPiece tells whether the pre-tokenizer leaves a stretch whole.
func (t *Tokenizer) isPiece(stretch []byte) bool {
	return t.cut == cutMetas || t.cut == cutBlanks && t.blanks.whole(stretch)
}

// set makes k the key of text[i:i+size], 1 to maxCached bytes, where text
// goes on for maxCached bytes after i.
func (k *wordKey) set(text []byte, i, size int) {
	b := text[i : i+maxCached : i+maxCached]
	k[0] = binary.LittleEndian.Uint64(b)
	if size <= 8 {
		k[0] &= keep(size)
		k[1], k[2], k[3] = 0, 0, 0
		return
	}
	k[1] = binary.LittleEndian.Uint64(b[8:])
	if size <= 16 {
		k[1] &= keep(size - 8)
		k[2], k[3] = 0, 0
		return
	}
	k[2] = binary.LittleEndian.Uint64(b[16:])
	k[3] = binary.LittleEndian.Uint64(b[24:])
	if size <= 24 {
		k[2] &= keep(size - 16)
		k[3] = 0
		return
	}
	k[3] &= keep(size - 24)
}

// keep masks the first n bytes, 1 to 8, of a little-endian word.
func keep(n int) uint64 { return ^uint64(0) >> ((64 - 8*uint(n)) & 63) }
