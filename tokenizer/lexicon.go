package tokenizer

import "unicode/utf8"

// A lexicon is a trie laid out for reading. The children of a node with few lie
// side by side, followed by those of one of them and so on, so that the end of
// a token, where most nodes have one child, is in a cache line or two.
// Only the edges from nodes with many children are in a hash table.
type lexicon struct {
	few  []branch
	many []edge // open addressing, as a trie's; next is a node as of step
	bits int    // of a hash, to index many
	root uint32
}

// A branch is an edge from a node with few children.
type branch struct {
	label uint32
	next  uint32 // a node as of step; 0 if it has no children
	id    int32  // that the path so far stands for, or none
}

// A node is a number: the index of its first child in few, times 16, plus how
// many there are; or the number that it has in many, times 16, plus crowd.
const (
	fewest = 8
	crowd  = 15
	// mostNodes is what fits a node's number.
	mostNodes = 1<<28 - 1
)

// step follows the edge from a node on a label: next is 0 if nothing follows
// it, id is none if it ends no token. ok says whether there is one.
func (l *lexicon) step(node, label uint32) (next uint32, id int32, ok bool) {
	if n := node & crowd; n != crowd {
		first := node >> 4
		for _, b := range l.few[first : first+n] {
			if b.label == label {
				return b.next, b.id, true
			}
		}
		return 0, none, false
	}
	key := uint64(node>>4)<<labelBits | uint64(label)
	mask := uint64(len(l.many) - 1)
	for i := key * 0x9E3779B97F4A7C15 >> l.bits; ; i = (i + 1) & mask {
		switch e := &l.many[i&mask]; e.key {
		case key:
			return e.next, e.id, true
		case 0:
			return 0, none, false
		}
	}
}

// longest returns the longest token at the start of text that is below a node, and its
// size in text, or none.
func (l *lexicon) longest(node uint32, text []byte) (id int32, size int) {
	id = none
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		next, ends, ok := l.step(node, uint32(r))
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
