package tokenizer

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A wordCache remembers the ids of short stretches of text, words mostly. It
// is bounded: a hash has one line, which holds two words or a long one, and a
// new word takes the place of the one used longer ago. What it gives does not
// depend on what it has forgotten.
type wordCache struct {
	lines []cacheLine
	shift int // of a hash, to index lines
	used  int // words
}

// A cacheLine fills one of the processor's: what is looked up costs one miss at
// most. It holds two words of up to 16 bytes and 3 ids, the one used last
// first; or one word of up to maxCached bytes and 6 ids, whose second half is
// where the second word would be.
type cacheLine struct {
	first, second cachedHalf
}

type cachedHalf struct {
	key  [2]uint64
	ids  [3]int32
	size uint8 // of the word in bytes; 0 where there is none, rest in a long word's second half
	n    uint8 // ids
}

// rest marks a second half. No word has that size.
const rest = 255

// A wordKey is a word of at most maxCached bytes, with zeros after it.
type wordKey [maxCached / 8]uint64

const maxCached = 32

const (
	halfBytes = 16
	halfIDs   = len(cachedHalf{}.ids)
)

// The cache starts small, for programs that encode a few texts, and grows up
// to 4 MB, 131,072 words: a large corpus's frequent ones. Those of a text are
// in the processor's second-level cache, the more the less room a word takes.
const (
	firstCacheLog = 8 // of lines
	lastCacheLog  = 16
)

// keyOf returns the key of a word of 1 to maxCached bytes.
func keyOf(word []byte) (k wordKey) {
	var b [maxCached]byte
	copy(b[:], word)
	for i := range k {
		k[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return k
}

// hash mixes the key; the low bits are as good as the high ones.
func (k *wordKey) hash(size int) uint64 {
	const c0, c1 = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03 // odd, random-looking
	high, low := bits.Mul64(k[0]^c0^uint64(size), k[1]^c1)
	h := high ^ low
	if size > halfBytes {
		high, low = bits.Mul64(k[2]^c1^h, k[3]^c0)
		h ^= high ^ low
	}
	return h * c0
}

// ask asks for the line of a hash, so that it is near when find looks at it.
func (c *wordCache) ask(hash uint64) {
	if c.lines != nil {
		prefetch(&c.lines[hash>>c.shift])
	}
}

// find returns the line whose first word is that one, or nil.
func (c *wordCache) find(k *wordKey, size int, hash uint64) *cacheLine {
	if c.lines == nil {
		return nil
	}
	l := &c.lines[hash>>c.shift]
	if int(l.first.size) == size && l.first.key == [2]uint64(k[:2]) && (size <= halfBytes || l.second.key == [2]uint64(k[2:])) {
		return l
	}
	if int(l.second.size) == size && l.second.key == [2]uint64(k[:2]) { // so it is not rest
		l.first, l.second = l.second, l.first
		return l
	}
	return nil
}

// appendIDs appends the ids of the line's first word.
func (l *cacheLine) appendIDs(dst []int32) []int32 {
	// All three are appended, then as many are kept as there are: a word has one or two, and a
	// branch on that would be a guess.
	n, ids := int(l.first.n), &l.first.ids
	if n <= halfIDs {
		return append(dst, ids[0], ids[1], ids[2])[:len(dst)+n]
	}
	return append(append(dst, ids[:]...), l.second.ids[:n-halfIDs]...)
}

// appendKnown appends the ids of the first stretches of list, as far as they are words of at most
// halfBytes that are the first of their lines, and returns those after them.
func (c *wordCache) appendKnown(dst []int32, list []stretch) ([]int32, []stretch) {
	const most = halfIDs + 1 // as many are written for a word, of which halfIDs may be its own
	dst = slices.Grow(dst, most*len(list))
	room := dst[len(dst) : len(dst)+most]
	words, ids := copyKnown(&list[0], len(list), &c.lines[0], c.shift, &room[0])
	return dst[:len(dst)+ids], list[words:]
}

// add remembers a word that find did not find. Words of too many ids are not
// remembered.
func (c *wordCache) add(k *wordKey, size int, hash uint64, ids []int32) {
	if len(ids) > 2*halfIDs {
		return
	}
	if c.lines == nil {
		c.resize(firstCacheLog)
	}
	if log := bits.Len(uint(len(c.lines))) - 1; c.used > len(c.lines) && log < lastCacheLog {
		c.resize(min(log+2, lastCacheLog))
	}
	w := cacheLine{first: cachedHalf{key: [2]uint64(k[:2]), size: uint8(size), n: uint8(len(ids))}}
	if taken := copy(w.first.ids[:], ids); size > halfBytes || taken < len(ids) {
		w.second = cachedHalf{key: [2]uint64(k[2:]), size: rest}
		copy(w.second.ids[:], ids[taken:])
	}
	c.put(&w, hash)
}

// put gives a word a place in its line; w.second is empty or its rest. Only
// when it is used again does a word become the first: most words come once.
func (c *wordCache) put(w *cacheLine, hash uint64) {
	l := &c.lines[hash>>c.shift]
	c.used++
	if w.second.size == rest || l.second.size == rest {
		c.used -= l.words()
		*l = *w
		return
	}
	if l.first.size == 0 {
		l.first = w.first
		return
	}
	if l.second.size != 0 {
		c.used--
	}
	l.second = w.first
}

// words returns how many words the line holds.
func (l *cacheLine) words() int {
	switch {
	case l.first.size == 0:
		return 0
	case l.second.size == 0 || l.second.size == rest:
		return 1
	}
	return 2
}

// resize makes the cache 1<<log lines large and keeps what it has, as far as
// it finds room.
func (c *wordCache) resize(log int) {
	old := c.lines
	c.lines, c.shift, c.used = make([]cacheLine, 1<<log), 64-log, 0
	for i := range old {
		l := &old[i]
		switch l.words() {
		case 0:
			continue
		case 2:
			c.put(&cacheLine{first: l.first}, l.first.hash(nil))
			c.put(&cacheLine{first: l.second}, l.second.hash(nil))
		default:
			c.put(l, l.first.hash(&l.second))
		}
	}
}

// hash returns the hash of the key that begins here and, if it is long, goes
// on in another half.
func (h *cachedHalf) hash(more *cachedHalf) uint64 {
	k := wordKey{h.key[0], h.key[1]}
	if more != nil {
		k[2], k[3] = more.key[0], more.key[1]
	}
	return k.hash(int(h.size))
}
