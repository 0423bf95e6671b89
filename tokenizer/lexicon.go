package tokenizer

import "math/bits"

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

// newLexicon lays out a trie, which is of no use any more afterwards.
func newLexicon(t *trie) *lexicon {
	children, ends := t.byParent()
	fans := func(node uint32) []uint32 { return children[ends[node-1]:ends[node]] }
	crowded := 0
	for node := root; node <= t.nodes; node++ {
		if n := len(fans(node)); n > fewest {
			crowded += n
		}
	}
	log := bits.Len(uint(crowded + crowded/2))
	l := &lexicon{many: make([]edge, 1<<log), bits: 64 - log, few: make([]branch, 0, t.used-crowded)}

	// A stack of edges whose children are to be laid out; where says how the
	// number that step wants gets to the edge's place.
	type task struct {
		node  uint32 // in t
		where *uint32
	}
	numbers := uint32(0)
	for stack := []task{{root, &l.root}}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		list := fans(at.node)
		if len(list) > fewest {
			numbers++
			*at.where = numbers<<4 | crowd
			for _, c := range list {
				e := &t.edges[c]
				slot := l.free(uint64(numbers)<<labelBits | e.key&(1<<labelBits-1))
				slot.id = e.id
				if !e.leaf() {
					stack = append(stack, task{e.child(), &slot.next})
				}
			}
			continue
		}
		*at.where = uint32(len(l.few))<<4 | uint32(len(list))
		for _, c := range list { // the capacity is there: places do not move
			e := &t.edges[c]
			l.few = append(l.few, branch{label: uint32(e.key & (1<<labelBits - 1)), id: e.id})
			if !e.leaf() {
				stack = append(stack, task{e.child(), &l.few[len(l.few)-1].next})
			}
		}
	}
	return l
}

// free returns the slot of a new key.
func (l *lexicon) free(key uint64) *edge {
	mask := uint64(len(l.many) - 1)
	for i := key * 0x9E3779B97F4A7C15 >> l.bits; ; i = (i + 1) & mask {
		if e := &l.many[i&mask]; e.key == 0 {
			e.key = key
			return e
		}
	}
}

// byParent returns the indexes of the edges from each node: those of node n
// are list[ends[n-1]:ends[n]].
func (t *trie) byParent() (list, ends []uint32) {
	ends = make([]uint32, t.nodes+1)
	for i := range t.edges {
		if k := t.edges[i].key; k != 0 {
			ends[k>>labelBits]++
		}
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	list = make([]uint32, t.used)
	for i := len(t.edges) - 1; i >= 0; i-- {
		if k := t.edges[i].key; k != 0 {
			ends[k>>labelBits]--
			list[ends[k>>labelBits]] = uint32(i)
		}
	}
	// Each end has moved down to its start: those of the next node.
	copy(ends, ends[1:])
	ends[t.nodes] = uint32(t.used)
	return list, ends
}
