package tokenizer

import "math/bits"

// none stands for an id that is not there.
const none int32 = -1

// A trie finds the tokens that a text starts with. Its edges lie in one hash
// table keyed by node and label (a rune, or a byte): it is built by inserting,
// in any order, and a step is one probe, seldom two.
type trie struct {
	edges []edge
	shift int // of a hash, to index edges
	used  int
	nodes uint32
}

// root is the node where every walk starts. Zero is no node.
const root uint32 = 1

// An edge leads from a node to its child on a label.
type edge struct {
	key  uint64 // node<<labelBits | label; 0 where the slot is empty
	next uint32 // the child<<1, plus 1 if the child has children
	id   int32  // that the path so far stands for, or none
}

func (e *edge) child() uint32 { return e.next >> 1 }

// leaf says whether nothing follows the edge.
func (e *edge) leaf() bool { return e.next&1 == 0 }

const labelBits = 21 // a rune's

// newTrie returns an empty trie with room for about n edges.
func newTrie(n int) *trie {
	t := &trie{nodes: root}
	t.resize(bits.Len(uint(n + n/2 + 8)))
	return t
}

func (t *trie) resize(log int) {
	old := t.edges
	t.edges, t.shift = make([]edge, 1<<log), 64-log
	for i := range old {
		if old[i].key != 0 {
			*t.slot(old[i].key) = old[i]
		}
	}
}

// slot returns where the edge of that key is, or belongs.
func (t *trie) slot(key uint64) *edge {
	mask := uint64(len(t.edges) - 1)
	// Fibonacci hashing: the golden ratio spreads keys that follow each other.
	for i := key * 0x9E3779B97F4A7C15 >> t.shift; ; i = (i + 1) & mask {
		if e := &t.edges[i&mask]; e.key == key || e.key == 0 {
			return e
		}
	}
}

// step returns the edge from a node on a label, nil if there is none.
func (t *trie) step(node, label uint32) *edge {
	if e := t.slot(uint64(node)<<labelBits | uint64(label)); e.key != 0 {
		return e
	}
	return nil
}

// grow makes room for n more edges, so that adding them moves none.
func (t *trie) grow(n int) {
	if need := t.used + n; need > len(t.edges)*2/3 {
		t.resize(bits.Len(uint(need * 2)))
	}
}

// insert returns the edge from the end of an edge (nil: the root) on a label,
// made if need be. It needs room by grow.
func (t *trie) insert(from *edge, label uint32) *edge {
	node := root
	if from != nil {
		node = from.child()
	}
	key := uint64(node)<<labelBits | uint64(label)
	e := t.slot(key)
	if e.key == 0 {
		if from != nil {
			from.next |= 1
		}
		t.nodes++
		t.used++
		*e = edge{key: key, next: t.nodes << 1, id: none}
	}
	return e
}

// addBytes adds a token by its bytes. Of two equal ones the first counts.
func (t *trie) addBytes(token string, id int32) {
	t.grow(len(token))
	var at *edge
	for i := range len(token) {
		at = t.insert(at, uint32(token[i]))
	}
	if at != nil && at.id == none {
		at.id = id
	}
}
