package tokenizer

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// newLexicon lays out the tokens of a vocabulary, by runes. Of two equal tokens the last counts.
// The empty token is left out: no text is found to start with it.
//
// Tokens are sorted first: those below a node are then neighbours, and no edge has to be
// looked for. See docs/decisions/012-trie.md.
func newLexicon(v *vocabulary) *lexicon {
	b := lexiconBuilder{tokens: sortTokens(v), lexicon: new(lexicon)}
	b.few = make([]branch, 0, 2*len(b.ids))
	b.crowded = append(b.crowded, edge{}) // the root's: where its node's number goes
	for stack := []fan{{to: len(b.ids), where: ^0}}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = b.layOut(stack[:len(stack)-1], at)
	}
	b.root = b.crowded[0].next
	b.hash(b.crowded[1:])
	return b.lexicon
}

// A lexiconBuilder makes a lexicon of sorted tokens.
type lexiconBuilder struct {
	tokens
	*lexicon
	crowded  []edge // of nodes with many children, and the root's
	nodes    uint32 // with many children
	children []child
}

// A fan is what follows a node: the tokens from…to-1, which have their first depth bytes in
// common and are longer.
type fan struct {
	from, to, depth int
	where           int // the index in few that gets the node's number, or ^ that in crowded
}

// A child is an edge from a node, and the fan behind it.
type child struct {
	branch
	behind fan
}

// layOut lays out the children of a fan's node, and adds their fans to the stack.
func (b *lexiconBuilder) layOut(stack []fan, at fan) []fan {
	b.findChildren(at)
	n := len(b.children)
	node := uint32(len(b.few))<<4 | uint32(n)
	if n > fewest {
		b.nodes++
		node = b.nodes<<4 | crowd
	}
	b.setNode(at.where, node)
	for _, c := range b.children {
		if n > fewest {
			c.behind.where = ^len(b.crowded)
			b.crowded = append(b.crowded, edge{key: uint64(b.nodes)<<labelBits | uint64(c.label), id: c.id})
		} else {
			c.behind.where = len(b.few)
			b.few = append(b.few, c.branch)
		}
		if c.behind.from < c.behind.to {
			stack = append(stack, c.behind)
		}
	}
	return stack
}

func (b *lexiconBuilder) setNode(where int, node uint32) {
	if where < 0 {
		b.crowded[^where].next = node
		return
	}
	b.few[where].next = node
}

// findChildren fills b.children.
func (b *lexiconBuilder) findChildren(at fan) {
	b.children = b.children[:0]
	for i := at.from; i < at.to; {
		token := b.token(i)[at.depth:]
		label, size := rune(token[0]), 1
		if label >= utf8.RuneSelf {
			label, size = utf8.DecodeRuneInString(token)
		}
		c := child{branch{label: uint32(label), id: none}, fan{from: i, depth: at.depth + size}}
		if len(token) == size { // the token that ends here is the first of those that begin so
			c.id = b.ids[i]
			c.behind.from++
		}
		for i++; i < at.to && b.text[int(b.starts[i])+at.depth:][:size] == token[:size]; i++ {
		}
		c.behind.to = i
		b.children = append(b.children, c)
	}
}

// hash puts edges into the table.
func (l *lexicon) hash(edges []edge) {
	log := bits.Len(uint(len(edges) + len(edges)/2))
	l.many, l.bits = make([]edge, 1<<log), 64-log
	mask := uint64(len(l.many) - 1)
	for _, e := range edges {
		i := e.key * 0x9E3779B97F4A7C15 >> l.bits & mask
		for l.many[i].key != 0 {
			i = (i + 1) & mask
		}
		l.many[i] = e
	}
}

// tokens are different and not empty, in the order of their bytes, which is that of their runes.
type tokens struct {
	text   string   // one after the other
	starts []uint32 // of each in text, and the end
	ids    []int32
}

func (t *tokens) token(i int) string { return t.text[t.starts[i]:t.starts[i+1]] }

// A sortKey is an entry of a vocabulary and the first 16 bytes of its token, the first the highest.
type sortKey struct {
	high, low uint64
	entry     uint32
}

func newSortKey(token string, entry int) sortKey {
	var first [16]byte
	copy(first[:], token)
	return sortKey{binary.BigEndian.Uint64(first[:]), binary.BigEndian.Uint64(first[8:]), uint32(entry)}
}

// sortTokens sorts the tokens of a vocabulary. Of equal ones, the last is left.
func sortTokens(v *vocabulary) tokens {
	v = v.valid()
	keys := make([]sortKey, len(v.ends))
	for i := range keys {
		keys[i] = newSortKey(v.entry(i), i)
	}
	keys = radixSort(keys)
	for from, to := 0, 0; from < len(keys); from = to {
		for to = from + 1; to < len(keys) && keys[to].high == keys[from].high; to++ {
		}
		if to-from > 1 {
			slices.SortFunc(keys[from:to], v.compare)
		}
	}
	text := make([]byte, 0, len(v.text))
	t := tokens{starts: make([]uint32, 0, len(keys)+1), ids: make([]int32, 0, len(keys))}
	last := ""
	for _, k := range keys {
		token, id := v.entry(int(k.entry)), v.id(int(k.entry))
		switch {
		case token == "":
			continue
		case token == last:
			t.ids[len(t.ids)-1] = id
			continue
		}
		t.starts = append(t.starts, uint32(len(text)))
		t.ids = append(t.ids, id)
		text = append(text, token...)
		last = token
	}
	t.starts = append(t.starts, uint32(len(text)))
	t.text = string(text)
	return t
}

// compare orders two keys by their tokens, and equal tokens by their entries.
func (v *vocabulary) compare(a, b sortKey) int {
	switch {
	case a.high != b.high:
		return cmp.Compare(a.high, b.high)
	case a.low != b.low:
		return cmp.Compare(a.low, b.low)
	}
	return cmp.Or(cmp.Compare(v.entry(int(a.entry)), v.entry(int(b.entry))), cmp.Compare(a.entry, b.entry))
}

// valid returns v or, if a token is not UTF-8, one like it for which each byte that is none is U+FFFD.
// It cannot find tokens.
func (v *vocabulary) valid() *vocabulary {
	if v.utf8 {
		return v
	}
	valid := utf8.ValidString(v.text)
	for _, end := range v.ends {
		valid = valid && (int(end) == len(v.text) || utf8.RuneStart(v.text[end]))
	}
	if valid {
		return v
	}
	var text []byte
	ends := make([]uint32, len(v.ends))
	for i := range ends {
		text = append(text, string([]rune(v.entry(i)))...)
		ends[i] = uint32(len(text))
	}
	return &vocabulary{text: string(text), ends: ends, ids: v.ids}
}

// radixSort sorts keys by their first eight bytes. It returns them in their own memory or in other.
func radixSort(keys []sortKey) []sortKey {
	const digit = 11 // bits, so that the counts stay in the nearest cache
	other := make([]sortKey, len(keys))
	for shift := 0; shift < 64; shift += digit {
		var ends [1 << digit]uint32
		for i := range keys {
			ends[keys[i].high>>shift&(1<<digit-1)]++
		}
		if len(keys) > 0 && int(ends[keys[0].high>>shift&(1<<digit-1)]) == len(keys) {
			continue // all are equal here
		}
		sum := uint32(0)
		for d, n := range ends {
			ends[d] = sum // the start, until the digit's keys are moved
			sum += n
		}
		for _, k := range keys {
			at := &ends[k.high>>shift&(1<<digit-1)]
			other[*at] = k
			*at++
		}
		keys, other = other, keys
	}
	return keys
}
