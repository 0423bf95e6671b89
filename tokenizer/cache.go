package tokenizer

import (
	"encoding/binary"
	"math/bits"
)

// A wordCache remembers the ids of short stretches of text, words mostly. It
// is bounded: two places for each hash, the one used longer ago is replaced.
type wordCache struct {
	slots []cachedWord
	shift int // of a hash, to index pairs of slots
	used  int
}

// A cachedWord fills a cache line.
type cachedWord struct {
	key  wordKey
	ids  [7]int32
	size uint8 // of the word in bytes; 0 where the slot is empty
	n    uint8 // ids
}

// A wordKey is a word of at most maxCached bytes, with zeros after it.
type wordKey [maxCached / 8]uint64

const maxCached = 32

// The cache starts small, for programs that encode a few texts, and grows up
// to 2 MB, where a text's words stay in the processor's second-level cache.
const (
	firstCacheLog = 9
	lastCacheLog  = 15
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
	if size > 16 {
		high, low = bits.Mul64(k[2]^c1^h, k[3]^c0)
		h ^= high ^ low
	}
	return h * c0
}

// find returns the word's place, or nil.
func (c *wordCache) find(k *wordKey, size int, hash uint64) *cachedWord {
	if c.slots == nil {
		return nil
	}
	i := hash >> c.shift << 1
	pair := c.slots[i : i+2 : i+2]
	if w := &pair[0]; int(w.size) == size && w.key == *k {
		return w
	}
	if w := &pair[1]; int(w.size) == size && w.key == *k {
		pair[0], pair[1] = pair[1], pair[0]
		return &pair[0]
	}
	return nil
}

// add remembers a word that find did not find. Words of too many ids are not
// remembered.
func (c *wordCache) add(k *wordKey, size int, hash uint64, ids []int32) {
	if len(ids) > len(cachedWord{}.ids) {
		return
	}
	if c.slots == nil {
		c.resize(firstCacheLog)
	}
	if c.used > len(c.slots)/2 && len(c.slots) < 1<<lastCacheLog {
		c.resize(bits.Len(uint(len(c.slots))) + 1)
	}
	w := cachedWord{key: *k, size: uint8(size), n: uint8(len(ids))}
	copy(w.ids[:], ids)
	c.put(w, hash)
}

func (c *wordCache) put(w cachedWord, hash uint64) {
	i := hash >> c.shift << 1
	if c.slots[i+1].size == 0 {
		c.used++
	}
	c.slots[i], c.slots[i+1] = w, c.slots[i]
}

// resize makes the cache 1<<log words large and keeps what it has.
func (c *wordCache) resize(log int) {
	old := c.slots
	c.slots, c.shift, c.used = make([]cachedWord, 1<<log), 64-(log-1), 0
	for i := range old {
		if w := old[i]; w.size > 0 {
			c.put(w, w.key.hash(int(w.size)))
		}
	}
}
