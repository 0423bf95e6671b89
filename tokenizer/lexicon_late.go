package tokenizer

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// A lateLexicon is a vocabulary whose lexicon is made once it pays: laying one out costs
// as much as some look-ups of each token, and a sentence needs a few hundred. Until
// then tokens are looked for in the vocabulary's table, with the same results.
type lateLexicon struct {
	vocab *vocabulary
	most  int // bytes of the longest token

	left atomic.Int64 // look-ups until the lexicon is made
	once sync.Once
	made atomic.Pointer[lexicon]
	then func(*lexicon) // what is made with it; may be nil
}

// looksPerToken is how many look-ups for each token come before the lexicon: they take about a third
// of the time of making it, which is all that a large corpus loses.
const looksPerToken = 2

// mostLate is the longest token, in bytes, for which look-ups of all beginnings are cheap.
const mostLate = 1 << 10

// newLateLexicon returns the late lexicon of an indexed vocabulary.
func newLateLexicon(v *vocabulary, then func(*lexicon)) (*lateLexicon, error) {
	l := &lateLexicon{vocab: v, then: then}
	for i := range v.ends {
		l.most = max(l.most, len(v.entry(i)))
	}
	l.left.Store(int64(looksPerToken * len(v.ends)))
	valid := v.valid()
	if size := len(valid.text); size >= mostNodes { // a token has no more beginnings than bytes
		return nil, fmt.Errorf("the tokens have %d bytes, more than %d", size, mostNodes-1)
	}
	if l.most > mostLate || valid != v {
		l.make()
	}
	return l, nil
}

// lexicon returns the lexicon, or nil if a piece's tokens are to be looked for one by one.
func (l *lateLexicon) lexicon(piece []byte) *lexicon {
	if made := l.made.Load(); made != nil {
		return made
	}
	looks := len(piece) * min(len(piece), l.most)
	if l.left.Add(-int64(looks)) >= 0 && utf8.Valid(piece) {
		return nil
	}
	return l.make()
}

// make returns the lexicon, made once.
func (l *lateLexicon) make() *lexicon {
	l.once.Do(func() {
		made := newLexicon(l.vocab)
		if l.then != nil {
			l.then(made)
		}
		l.made.Store(made)
	})
	return l.made.Load()
}

// longest returns the longest token that consists of key's first bytes, more than from of
// them, and its size; or none.
func (l *lateLexicon) longest(key []byte, from int) (id int32, size int) {
	for size = min(len(key), l.most); size > from; size-- {
		if size < len(key) && !utf8.RuneStart(key[size]) {
			continue
		}
		if id = l.vocab.find(key[:size]); id != none {
			return id, size
		}
	}
	return none, 0
}
