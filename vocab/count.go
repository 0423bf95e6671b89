package vocab

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A Counter counts the words of texts: what Python finds with
// re.findall(r"\w+|[^\w\s]+", text.lower()), runs of letters, digits and
// underscores, and runs of what is neither that nor white space.
//
// Its memory depends on the number of different words, which MaxWords bounds,
// and never on the length of a text. The zero value is ready.
type Counter struct {
	// MaxWords is how many different words are held at most, by default
	// DefaultMaxWords. When there are more, the rarest go, the latest of them
	// first, until half are left; Dropped then counts them, and the counts of
	// rare words are lower bounds.
	MaxWords int

	counts  map[string]*tally
	dropped int
	tooLong int
}

// DefaultMaxWords takes up to about half a gigabyte.
const DefaultMaxWords = 1 << 22

// maxWordBytes bounds a word. A longer one is no word that a vocabulary could
// use; it is left out.
const maxWordBytes = 1 << 10

// A tally is how often a word came, and which word in order of appearance it is.
type tally struct{ n, order int }

// Dropped is the number of words that were forgotten for MaxWords, and of
// occurrences that were left out for being longer than a kilobyte.
func (c *Counter) Dropped() (forgotten, tooLong int) { return c.dropped, c.tooLong }

// Add counts the words of a text in UTF-8. What is not UTF-8 counts as U+FFFD.
// A word does not continue in the next text.
func (c *Counter) Add(r io.Reader) error {
	if c.counts == nil {
		c.counts = make(map[string]*tally)
	}
	s := splitter{c: c, in: bufio.NewReaderSize(r, 1<<16)}
	for {
		r, _, err := s.in.ReadRune()
		if errors.Is(err, io.EOF) {
			s.end()
			return nil
		}
		if err != nil {
			return fmt.Errorf("vocab: count words: %w", err)
		}
		s.lower(r)
	}
}

// Top returns the n most frequent words, all of them if n is 0 or less. Words
// of equal count are in order of their first appearance, as they are in
// Python's Counter.most_common.
func (c *Counter) Top(n int) []string {
	all := make([]string, 0, len(c.counts))
	for w := range c.counts {
		all = append(all, w)
	}
	slices.SortFunc(all, c.compare)
	if n > 0 && n < len(all) {
		all = all[:n]
	}
	return slices.Clip(all)
}

// Count returns how often a word came, lower-cased; 0 if it did not, or was
// forgotten for MaxWords.
func (c *Counter) Count(word string) int {
	if t := c.counts[word]; t != nil {
		return t.n
	}
	return 0
}

// compare orders words by count, descending, then by appearance.
func (c *Counter) compare(a, b string) int {
	x, y := c.counts[a], c.counts[b]
	return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.order, y.order))
}

func (c *Counter) count(word []byte) {
	if t := c.counts[string(word)]; t != nil {
		t.n++
		return
	}
	limit := c.MaxWords
	if limit <= 0 {
		limit = DefaultMaxWords
	}
	if len(c.counts) >= limit {
		c.forget(limit / 2)
	}
	c.counts[string(word)] = &tally{n: 1, order: len(c.counts) + c.dropped}
}

// forget keeps the most frequent words only.
func (c *Counter) forget(keep int) {
	for _, w := range c.Top(0)[keep:] {
		delete(c.counts, w)
		c.dropped++
	}
}

// A splitter cuts a stream of characters into words.
type splitter struct {
	c     *Counter
	in    *bufio.Reader
	word  []byte
	kind  kind
	long  bool // the word is too long and not kept
	cased bool // the last character that is not case-ignorable is cased
}

// A kind of character; a word is of one kind.
type kind byte

const (
	space kind = iota
	wordChar
	other
)

// lower lower-cases a character as Python's str.lower does, and takes it. Two
// characters do not map one to one: İ becomes i and a dot above, and Σ at the
// end of a word becomes ς.
func (s *splitter) lower(r rune) {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		s.take(r)
		if !ignorable(r) {
			s.cased = 'a' <= r && r <= 'z'
		}
		return
	}
	wasCased := s.cased
	if !ignorable(r) {
		s.cased = isCased(r)
	}
	switch {
	case r == 'İ':
		s.take('i')
		s.take('\u0307')
	case r == 'Σ' && wasCased && !s.casedNext():
		s.take('ς')
	default:
		s.take(unicode.ToLower(r))
	}
}

// casedNext reports whether a cased character follows, apart from
// case-ignorable ones. It looks 256 bytes ahead.
func (s *splitter) casedNext() bool {
	ahead, _ := s.in.Peek(256)
	for len(ahead) > 0 {
		r, n := utf8.DecodeRune(ahead)
		if !ignorable(r) {
			return isCased(r)
		}
		ahead = ahead[n:]
	}
	return false
}

// isCased is Unicode's property Cased.
func isCased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) ||
		unicode.In(r, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

// ignorable is Unicode's property Case_Ignorable: marks, formats, modifiers,
// and the punctuation inside of words.
func ignorable(r rune) bool {
	switch r {
	case '\'', '.', ':', '^', '`', 0xa8, 0xad, 0xaf, 0xb4, 0xb7, 0xb8,
		0x387, 0x55f, 0x5f4, 0x2018, 0x2019, 0x2024, 0x2027, 0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a:
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// take appends a character to the word, or ends the word before it.
func (s *splitter) take(r rune) {
	k := other
	switch {
	case isWord(r):
		k = wordChar
	case isSpace(r):
		k = space
	}
	if k != s.kind {
		s.end()
		s.kind = k
	}
	if k == space || s.long {
		return
	}
	s.word = utf8.AppendRune(s.word, r)
	if len(s.word) > maxWordBytes {
		s.long = true
	}
}

// end counts the word that ends here.
func (s *splitter) end() {
	switch {
	case s.long:
		s.c.tooLong++
	case len(s.word) > 0:
		s.c.count(s.word)
	}
	s.word, s.long, s.kind = s.word[:0], false, space
}
