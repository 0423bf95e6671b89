package tokenizer

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// A vocabulary maps tokens to ids and back. All tokens share one string, and
// the table that finds them holds numbers only, so that 276,000 tokens are
// four objects to the garbage collector.
type vocabulary struct {
	text string   // the tokens, one after the other
	ends []uint32 // of each entry in text
	ids  []int32  // of each entry, ascending; nil where the id is the index
	utf8 bool     // each token is known to be UTF-8

	seed  maphash.Seed
	slots []uint32 // open addressing by hash; entry + 1, or 0
	shift int      // of a hash, to index slots

	// distinct counts different tokens. Hugging Face numbers the added tokens
	// that a model lacks from the size of its vocabulary on.
	distinct int
}

// vocabulary returns that of the model.
func (m *Model) vocabulary() *vocabulary {
	if m.read.is(m.Vocab) {
		return m.read
	}
	return newVocabulary(m.Vocab)
}

// newVocabulary copies entries, which are in order of their ids. Of two equal
// tokens the last counts.
func newVocabulary(entries []Entry) *vocabulary {
	size := 0
	for i := range entries {
		size += len(entries[i].Token)
	}
	v := &vocabulary{ends: make([]uint32, len(entries))}
	var text strings.Builder
	text.Grow(size)
	for i := range entries {
		text.WriteString(entries[i].Token)
		v.ends[i] = uint32(text.Len())
	}
	v.text = text.String()
	v.number(entries)
	v.index()
	return v
}

// number takes the ids of the entries.
func (v *vocabulary) number(entries []Entry) {
	dense := true
	for i := range entries {
		dense = dense && entries[i].ID == i
	}
	if dense {
		return
	}
	v.ids = make([]int32, len(entries))
	for i := range entries {
		v.ids[i] = int32(entries[i].ID)
	}
}

// is tells whether v, which may be nil, has just these entries.
func (v *vocabulary) is(entries []Entry) bool {
	if v == nil || len(v.ends) != len(entries) {
		return false
	}
	for i := range entries {
		if v.entry(i) != entries[i].Token || int(v.id(i)) != entries[i].ID {
			return false
		}
	}
	return true
}

// index fills the table, at most half full.
func (v *vocabulary) index() {
	log := bits.Len(uint(2*len(v.ends) + 1))
	v.seed, v.slots, v.shift = maphash.MakeSeed(), make([]uint32, 1<<log), 64-log
	for i := range v.ends {
		token := v.entry(i)
		for s := maphash.String(v.seed, token) >> v.shift; ; s = (s + 1) & uint64(len(v.slots)-1) {
			e := v.slots[s]
			if e != 0 && v.entry(int(e-1)) != token {
				continue
			}
			if e == 0 {
				v.distinct++
			}
			v.slots[s] = uint32(i + 1)
			break
		}
	}
}

// entry returns the token of the entry i.
func (v *vocabulary) entry(i int) string {
	start := uint32(0)
	if i > 0 {
		start = v.ends[i-1]
	}
	return v.text[start:v.ends[i]]
}

// id returns the id of the entry i.
func (v *vocabulary) id(i int) int32 {
	if v.ids == nil {
		return int32(i)
	}
	return v.ids[i]
}

// find returns the id of a token, or none.
func (v *vocabulary) find(token []byte) int32 {
	for s := maphash.Bytes(v.seed, token) >> v.shift; ; s = (s + 1) & uint64(len(v.slots)-1) {
		e := v.slots[s]
		if e == 0 {
			return none
		}
		if v.entry(int(e-1)) == string(token) {
			return v.id(int(e - 1))
		}
	}
}

// token returns the token of an id. Of two that share it, the first.
func (v *vocabulary) token(id int32) (string, bool) {
	if v.ids == nil {
		if uint(id) >= uint(len(v.ends)) {
			return "", false
		}
		return v.entry(int(id)), true
	}
	low, high := 0, len(v.ids)
	for low < high {
		if middle := (low + high) / 2; v.ids[middle] < id {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(v.ids) || v.ids[low] != id {
		return "", false
	}
	return v.entry(low), true
}

// size returns the highest id and one.
func (v *vocabulary) size() int {
	if len(v.ends) == 0 {
		return 0
	}
	return int(v.id(len(v.ends)-1)) + 1
}
