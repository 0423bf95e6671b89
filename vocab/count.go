package vocab

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/lower"
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
	in      *bufio.Reader // of Add
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
	if c.in == nil {
		c.in = bufio.NewReaderSize(nil, 1<<16)
	}
	c.in.Reset(r)
	s := splitter{c: c, in: c.in}
	for {
		r, _, err := s.in.ReadRune()
		if errors.Is(err, io.EOF) {
			s.end()
			return nil
		}
		if err != nil {
			return fmt.Errorf("vocab: count words: %w", err)
		}
		s.takeLower(r)
	}
}

// AddText counts the words of a text, as Add does.
func (c *Counter) AddText(text string) {
	_ = c.Add(strings.NewReader(text)) // which fails only if reading does
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

// takeLower lower-cases a character as Python's str.lower does, and takes it.
func (s *splitter) takeLower(r rune) {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		s.take(r)
		if !lower.Ignorable(r) {
			s.cased = 'a' <= r && r <= 'z'
		}
		return
	}
	wasCased := s.cased
	if !lower.Ignorable(r) {
		s.cased = lower.Cased(r)
	}
	first, second := lower.Rune(r, r == 'Σ' && wasCased && !s.casedNext())
	s.take(first)
	if second != 0 {
		s.take(second)
	}
}

// casedNext reports whether a cased character follows, apart from
// case-ignorable ones. It looks 256 bytes ahead.
func (s *splitter) casedNext() bool {
	ahead, _ := s.in.Peek(256)
	for len(ahead) > 0 {
		r, n := utf8.DecodeRune(ahead)
		if !lower.Ignorable(r) {
			return lower.Cased(r)
		}
		ahead = ahead[n:]
	}
	return false
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
