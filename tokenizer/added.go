package tokenizer

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// addedVocabulary holds the tokens that are cut out of a text before the model
// sees it, in two passes: those that are not normalized out of the text as it
// is, the others out of the normalized parts that are left.
//
// Source: tokenizer/added_vocabulary.rs of tokenizers 0.22, whose ids these
// are, whatever ids the file gives: a token that the model knows has the
// model's id, the others follow the vocabulary's size in order.
type addedVocabulary struct {
	ids    map[string]int32
	tokens map[int32]AddedToken // by id; of two that share one, the last

	plain, normalized *matcher // nil without tokens
}

// newAddedVocabulary builds what HF's add_tokens and refresh_added_tokens do.
func newAddedVocabulary(tokens []AddedToken, v *vocabulary, n normalizer) *addedVocabulary {
	a := &addedVocabulary{ids: map[string]int32{}, tokens: map[int32]AddedToken{}}
	var specials, others []AddedToken
	special := map[string]bool{}
	for _, t := range tokens {
		if t.Special && t.Content != "" && !special[t.Content] {
			specials = append(specials, t)
			special[t.Content] = true
		}
	}
	type flags struct {
		content                                         string
		singleWord, lstrip, rstrip, normalized, special bool
	}
	next := int32(v.distinct)
	if v.ids == nil {
		next = int32(len(v.ends)) // a Unigram vocabulary counts equal tokens
	}
	seen := map[flags]bool{}
	for _, t := range tokens {
		f := flags{t.Content, t.SingleWord, t.LStrip, t.RStrip, t.Normalized, t.Special}
		if t.Content == "" || seen[f] {
			continue
		}
		seen[f] = true
		id := a.find(t.Content, v)
		if id == none {
			id = next
			next++
		}
		a.ids[t.Content] = id
		a.tokens[id] = t
		if !special[t.Content] {
			others = append(others, t)
		}
	}
	for _, t := range append(specials, others...) {
		id := a.find(t.Content, v)
		if !t.Normalized {
			a.plain = a.plain.add(t.Content, id)
			continue
		}
		content := t.Content
		if n != nil {
			content = string(n.normalize(nil, []byte(content), new(scratch)))
		}
		a.normalized = a.normalized.add(content, id)
	}
	a.plain.finish(a.tokens)
	a.normalized.finish(a.tokens)
	return a
}

// find returns the id of a token, added or the model's, or none.
func (a *addedVocabulary) find(token string, v *vocabulary) int32 {
	if id, ok := a.ids[token]; ok {
		return id
	}
	return v.find([]byte(token))
}

// A matcher finds added tokens in text, from the left, at each place the
// longest.
type matcher struct {
	trie  *trie     // by bytes; an id in it is an index of patterns
	first [256]bool // whether a pattern starts with that byte
	lone  int       // the only such byte, or -1
	empty int       // the pattern of no bytes, which normalizing can leave, or -1

	patterns []addedPattern
}

type addedPattern struct {
	id                         int32
	singleWord, lstrip, rstrip bool
}

func (m *matcher) add(content string, id int32) *matcher {
	if m == nil {
		m = &matcher{trie: newTrie(64), lone: -1, empty: -1}
	}
	index := len(m.patterns)
	m.patterns = append(m.patterns, addedPattern{id: id})
	if content == "" {
		if m.empty < 0 {
			m.empty = index
		}
		return m
	}
	m.first[content[0]] = true
	m.trie.addBytes(content, int32(index))
	return m
}

// finish takes over the flags of the tokens that the ids stand for in the end.
func (m *matcher) finish(tokens map[int32]AddedToken) {
	if m == nil {
		return
	}
	for i := range m.patterns {
		p := &m.patterns[i]
		t := tokens[p.id]
		p.singleWord, p.lstrip, p.rstrip = t.SingleWord, t.LStrip, t.RStrip
	}
	n := 0
	for b, is := range m.first {
		if is {
			n++
			m.lone = b
		}
	}
	if n != 1 {
		m.lone = -1
	}
}

// A span is a part of a text: an added token or, with the id none, what lies
// between two. Where tokens strip the same white space, spans overlap.
type span struct {
	start, end int
	id         int32
}

// appendSpans appends the spans of a text to dst, none of them empty.
func (m *matcher) appendSpans(dst []span, text []byte) []span {
	start := 0                // of what no token has taken yet
	last := -1                // where the last match ended, before any stripping
	spaces := span{start: -1} // the last run of white space that rstrip looked up
	push := func(from, to int, id int32) {
		if from < to {
			dst = append(dst, span{from, to, id})
		}
	}
	for at := m.next(text, 0); at < len(text) || at == len(text) && m.empty >= 0; at = m.next(text, at) {
		index, size := m.longest(text[at:])
		if index < 0 || size == 0 && at == last {
			at++
			continue
		}
		p := &m.patterns[index]
		from, to := at, at+size
		at, last = to, to
		if p.singleWord && !isSingleWord(text, from, to) {
			continue
		}
		if p.lstrip {
			from = max(start, len(bytes.TrimRightFunc(text[start:max(from, start)], unicode.IsSpace))+start)
		}
		if p.rstrip {
			if to < spaces.start || to > spaces.end || spaces.start < 0 {
				rest := bytes.TrimLeftFunc(text[to:], unicode.IsSpace)
				spaces = span{start: to, end: len(text) - len(rest)}
			}
			to = spaces.end
		}
		push(start, from, none)
		push(from, to, p.id)
		start = to
	}
	push(start, len(text), none)
	return dst
}

// next returns the first place from i on where a pattern may start.
func (m *matcher) next(text []byte, i int) int {
	switch {
	case m.empty >= 0:
		return i
	case m.lone >= 0:
		if n := bytes.IndexByte(text[i:], byte(m.lone)); n >= 0 {
			return i + n
		}
		return len(text)
	}
	for i < len(text) && !m.first[text[i]] {
		i++
	}
	return i
}

// longest returns the longest pattern that text starts with and its size, or
// a negative index.
func (m *matcher) longest(text []byte) (index, size int) {
	index = -1
	if len(text) == 0 || utf8.RuneStart(text[0]) {
		index = m.empty
	}
	node := root
	for i, c := range text {
		e := m.trie.step(node, uint32(c))
		if e == nil {
			break
		}
		if e.id != none {
			index, size = int(e.id), i+1
		}
		node = e.child()
	}
	return index, size
}

// isSingleWord says whether no word continues across the ends of
// text[from:to].
func isSingleWord(text []byte, from, to int) bool {
	if from > 0 {
		if r, _ := utf8.DecodeLastRune(text[:from]); codeFlags().at(r)&flagWord != 0 {
			return false
		}
	}
	if to < len(text) {
		if r, _ := utf8.DecodeRune(text[to:]); codeFlags().at(r)&flagWord != 0 {
			return false
		}
	}
	return true
}
