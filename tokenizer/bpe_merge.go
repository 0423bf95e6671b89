package tokenizer

import "slices"

// maxScan is the number of tokens up to which looking at all pairs for the
// lowest rank is faster than keeping a queue.
const maxScan = 40

// scan merges ids in place and returns how many are left. len(ids) is at most
// maxScan: the time is quadratic.
func (t *mergeTable) scan(ids []int32) int {
	n := len(ids)
	if n < 2 {
		return n
	}
	var pairs [maxScan]merged // pairs[i] of ids[i] and ids[i+1]
	for i := range n - 1 {
		pairs[i] = t.find(ids[i], ids[i+1])
	}
	for n > 1 {
		at, best := 0, uint32(noMerge)
		for i, p := range pairs[:n-1] {
			if p.rank < best {
				at, best = i, p.rank
			}
		}
		if best == noMerge {
			break
		}
		ids[at] = pairs[at].id
		copy(ids[at+1:n-1], ids[at+2:n])
		copy(pairs[at:n-2], pairs[at+1:n-1])
		n--
		if at > 0 {
			pairs[at-1] = t.find(ids[at-1], ids[at])
		}
		if at < n-1 {
			pairs[at] = t.find(ids[at], ids[at+1])
		}
	}
	return n
}

// A symbol is a token of a long piece, linked to its neighbours.
type symbol struct {
	id         int32
	prev, next int32 // -1 at the ends; gone in next: merged into the one before
}

const gone = -2

// queued merges the ids from dst[start] on and returns dst without those that
// were merged away. The time is n log n.
func (t *mergeTable) queued(dst []int32, start int, w *workspace) []int32 {
	ids := dst[start:]
	symbols := slices.Grow(w.symbols[:0], len(ids))[:len(ids)]
	w.symbols = symbols
	for i, id := range ids {
		symbols[i] = symbol{id, int32(i) - 1, int32(i) + 1}
	}
	symbols[len(symbols)-1].next = -1
	w.queue = w.queue[:0]
	for i := range len(symbols) - 1 {
		if m := t.find(symbols[i].id, symbols[i+1].id); m.rank != noMerge {
			w.queue = append(w.queue, candidate{uint64(m.rank)<<32 | uint64(i), m.id})
		}
	}
	w.queue.init()
	for len(w.queue) > 0 {
		c := w.queue.pop()
		at := int32(uint32(c.key))
		s := &symbols[at]
		if s.next < 0 { // the last one, or gone
			continue
		}
		right := &symbols[s.next]
		if t.find(s.id, right.id).id != c.id { // out of date
			continue
		}
		s.id = c.id
		s.next, right.next = right.next, gone
		if s.prev >= 0 {
			t.offer(w, s.prev, symbols[s.prev].id, s.id)
		}
		if s.next >= 0 {
			symbols[s.next].prev = at
			t.offer(w, at, s.id, symbols[s.next].id)
		}
	}
	dst = dst[:start]
	for _, s := range symbols {
		if s.next != gone {
			dst = append(dst, s.id)
		}
	}
	return dst
}

// offer queues the pair at a position, if it merges.
func (t *mergeTable) offer(w *workspace, at, left, right int32) {
	if m := t.find(left, right); m.rank != noMerge {
		w.queue.push(candidate{uint64(m.rank)<<32 | uint64(at), m.id})
	}
}

// A candidate is a merge to be done: its rank and, for equal ranks, its
// position (low half of the key) say when.
type candidate struct {
	key uint64
	id  int32
}

// A mergeQueue is a heap of four children a node, the lowest key first. It is
// container/heap without the calls through an interface.
type mergeQueue []candidate

func (q mergeQueue) init() {
	for i := (len(q) + 2) / 4; i >= 0; i-- {
		q.down(i)
	}
}

func (q *mergeQueue) push(c candidate) {
	h := append(*q, c)
	*q = h
	i := len(h) - 1
	for i > 0 && c.key < h[(i-1)/4].key {
		h[i] = h[(i-1)/4]
		i = (i - 1) / 4
	}
	h[i] = c
}

func (q *mergeQueue) pop() candidate {
	h := *q
	top, last := h[0], len(h)-1
	h[0] = h[last]
	*q = h[:last]
	q.down(0)
	return top
}

// down moves the element at i to where both its parent is lower and its
// children are higher.
func (q mergeQueue) down(i int) {
	if i >= len(q) {
		return
	}
	c := q[i]
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for k := first + 1; k < min(first+4, len(q)); k++ {
			if q[k].key < q[least].key {
				least = k
			}
		}
		if q[least].key >= c.key {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = c
}
