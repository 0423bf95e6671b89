package tokenizer

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// A stretch is a part of a normalized text between two cuts, mostly a word.
type stretch struct {
	start, end int
	key        wordKey // of a stretch of at most maxCached bytes
	hash       uint64  // of the key
}

// A stretch is looked up in the word cache when those after it have been cut: the cache does not
// fit the processor's nearest one, and a place in it that is asked for as soon as a stretch is cut
// arrives in that time. Looked up at once, waiting was a sixth of encoding.

// A queue holds stretches of a text, in order, that have been cut and not encoded yet: two lists,
// of which one is filled, and the other holds those before it.
type queue struct {
	lists [2]stretches
	now   int // the list that is filled
	// first says that the text is the start of the input, and that the start is pre-tokenized
	// otherwise.
	first bool
}

// stretches has room for those of 64 bytes, and for one that began before them.
type stretches struct {
	list [64 + 1]stretch
	n    int
}

// together is how many stretches are looked up at a time where they are cut one by one.
const together = 16

// appendStretches encodes normalized text that is cut before it is pre-tokenized. padding bytes
// after it are readable.
func (e *Encoder) appendStretches(dst []int32, text []byte, first bool) []int32 {
	e.queue.first = first && e.t.first
	switch e.t.cut {
	case cutBlanks:
		dst = e.cutBlanks(dst, text)
	case cutSpaces:
		dst = e.cutSpaces(dst, text)
	case cutMetas:
		dst = e.cutMetas(dst, text)
	}
	dst = e.turn(dst, text)
	return e.turn(dst, text)
}

// cutBlanks cuts text at white space and around bytes that are a piece each.
//
// Cuts are found as bits of 64 bytes. A loop over bytes would end at each word, where the processor
// does not expect it.
func (e *Encoder) cutBlanks(dst []int32, text []byte) []int32 {
	const no = -1
	open, goesOn := no, uint64(0) // where the word starts that reaches into this block, and 1 if there is one
	for at := 0; at < len(text); at += 64 {
		words, singles := e.t.blanks.find(text, at)
		inside := words & (words<<1 | goesOn) // a word's bytes after its first
		if open != no {
			size := bits.TrailingZeros64(^inside)
			if size == 64 {
				continue
			}
			e.push(text, open, at+size)
			open = no
		}
		starts := words&^inside | singles
		if goesOn = words >> 63; goesOn == 1 { // the last word may reach into the next block
			last := bits.Len64(starts) - 1
			open = at + last
			starts &^= 1 << (last & 63)
		}
		e.pushBlock(text, at, starts, inside)
		dst = e.turn(dst, text)
	}
	if open != no {
		e.push(text, open, len(text))
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
		dst = e.pushOne(dst, text, i, j)
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
		dst = e.pushOne(dst, text, i, j)
		i = j
	}
	return dst
}

func isMeta(text []byte, i int) bool {
	return text[i] == meta[0] && i+2 < len(text) && text[i+1] == meta[1] && text[i+2] == meta[2]
}

// pushOne is push where stretches are cut one by one: it turns the lists once there are enough.
func (e *Encoder) pushOne(dst []int32, text []byte, start, end int) []int32 {
	e.push(text, start, end)
	if e.queue.lists[e.queue.now].n == together {
		dst = e.turn(dst, text)
	}
	return dst
}

// push takes the stretch text[start:end].
func (e *Encoder) push(text []byte, start, end int) {
	q := &e.queue.lists[e.queue.now]
	s := &q.list[q.n]
	q.n++
	s.start, s.end = start, end
	if size := end - start; size <= maxCached {
		s.key.set(text[:len(text)+padding], start, size)
		s.hash = s.key.hash(size)
		e.cache.ask(s.hash)
	}
}

// pushBlock takes the stretches that start at the bits of starts in the block of 64 bytes at at,
// and go on at those of inside.
func (e *Encoder) pushBlock(text []byte, at int, starts, inside uint64) {
	if q := &e.queue.lists[e.queue.now]; hasBlocks && starts != 0 {
		n := bits.OnesCount64(starts)
		list := q.list[q.n:][:n]
		pushWords(&list[0], &text[at], at, starts, ^inside, unsafe.SliceData(e.cache.lines), e.cache.shift)
		q.n += n
		return
	}
	for ; starts != 0; starts &= starts - 1 {
		start := bits.TrailingZeros64(starts)
		e.push(text, at+start, at+min(start+1+bits.TrailingZeros64(^inside>>(start+1)), 64))
	}
}

// turn appends the ids of the list before the one that is filled, which is then filled in its place.
func (e *Encoder) turn(dst []int32, text []byte) []int32 {
	q := &e.queue
	q.now = 1 - q.now
	older := &q.lists[q.now]
	dst = e.flush(dst, text, older.list[:older.n])
	older.n = 0
	return dst
}

// flush appends the ids of stretches.
func (e *Encoder) flush(dst []int32, text []byte, list []stretch) []int32 {
	for len(list) > 0 {
		s := &list[0]
		size, first := s.end-s.start, e.queue.first && s.start == 0
		if hasBlocks && e.cache.lines != nil && !first {
			if dst, list = e.cache.appendKnown(dst, list); len(list) == 0 {
				break
			}
			s = &list[0]
			size = s.end - s.start
		}
		list = list[1:]
		if size > maxCached || first { // nothing to remember: the start comes out otherwise elsewhere
			dst = e.appendPieces(dst, text[s.start:s.end], first)
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
