package distill

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/vocab"
)

// wholeWords are words and phrases of the texts that get rows of their own beside those of
// a WordPiece vocabulary. A word that the vocabulary has in pieces becomes one of its
// tokens: the tokenizer takes the longest first. A phrase, two words with a space between
// them, becomes an added token that matches at words' ends only. The solve finds what a
// word or phrase says beyond its pieces; merge adds the pieces.
type wholeWords struct {
	file   *tokenizer.File // with the words, then the phrases, at the vocabulary's end
	first  int32           // V, the id of the first word
	pieces [][]int32       // of each word and phrase
	words  int             // how many of them are words
}

// How often a word and a phrase that gets a row stands in the texts, at least.
const (
	leastWord   = 2
	leastPhrase = 8
)

// findWords returns the words and phrases, at most o.Words and o.Phrases, that the texts
// hold most often; nil, and a warning, for a tokenizer that would not take words whole.
func findWords(ctx context.Context, v *vocab.Vocabulary, source texter, o Options, report *Report) (*wholeWords, error) {
	if o.Words == 0 && o.Phrases == 0 {
		return nil, nil
	}
	var prefix string // "##"
	err := json.Unmarshal(v.File.Model.Field("continuing_subword_prefix"), &prefix)
	if v.File.Model.Kind != tokenizer.WordPiece || err != nil || prefix == "" {
		report.warn(fmt.Sprintf("no words were given rows: the tokenizer's model is %s, and only WordPiece takes the longest token first", v.File.Model.Kind))
		return nil, nil
	}
	c := &wordCounter{tokens: v.Tokens, prefix: prefix, cut: o.MaxLength, words: map[string]int{}, phrases: map[string]int{}}
	c.examine()
	if err := eachText(ctx, v.File, len(v.Tokens), source, o, c.count); err != nil {
		return nil, err
	}
	words, phrases := most(c.words, o.Words, leastWord), most(c.phrases, o.Phrases, leastPhrase)
	w := &wholeWords{file: v.File.Clone(), first: int32(len(v.Tokens)), words: len(words)}
	var entries []tokenizer.Entry
	for _, k := range append(words, phrases...) {
		pieces := idsOf(k)
		w.pieces = append(w.pieces, pieces)
		entries = append(entries, tokenizer.Entry{Token: c.text(pieces)})
	}
	if err := w.file.Append(entries...); err != nil {
		return nil, fmt.Errorf("distill: words of the texts: %w", err)
	}
	var added []tokenizer.AddedToken
	for _, e := range entries[len(words):] {
		added = append(added, tokenizer.AddedToken{Content: e.Token, SingleWord: true, Normalized: true})
	}
	if err := w.file.Mark(added...); err != nil {
		return nil, fmt.Errorf("distill: phrases of the texts: %w", err)
	}
	return w, nil
}

// wordCounter counts words of several pieces, and pairs of words of letters, by the ids
// of their pieces.
type wordCounter struct {
	tokens         []string // V
	prefix         string
	cut            int    // tokens of a text, at most
	inner, letters []bool // V, of each token: it goes on with a word; it is letters
	words, phrases map[string]int
}

// examine sets inner and letters.
func (c *wordCounter) examine() {
	c.inner, c.letters = make([]bool, len(c.tokens)), make([]bool, len(c.tokens))
	for i, token := range c.tokens {
		rest, inner := strings.CutPrefix(token, c.prefix)
		c.inner[i] = inner
		c.letters[i] = rest != "" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	}
}

// morePhrases is how many phrases are counted at a time; beyond it, those of one text so
// far are forgotten.
const morePhrases = 1 << 22

// count counts the words and phrases of a text. A word that the cut may have shortened
// does not count.
func (c *wordCounter) count(ids []int32) error {
	last := 0 // where a word of letters before this one starts; from: none
	for from := 0; from < len(ids); {
		to := from + 1
		for to < len(ids) && c.inner[ids[to]] {
			to++
		}
		whole := to < c.cut && !c.inner[ids[from]]
		if whole && to-from > 1 {
			c.words[keyOf(ids[from:to])]++
		}
		letters := whole && !slices.ContainsFunc(ids[from:to], func(id int32) bool { return !c.letters[id] })
		if letters && last < from {
			c.phrases[keyOf(ids[last:to])]++
		}
		if last = to; letters {
			last = from
		}
		from = to
	}
	if len(c.phrases) > morePhrases {
		for k, n := range c.phrases {
			if n == 1 {
				delete(c.phrases, k)
			}
		}
	}
	return nil
}

// text returns the words of pieces, a space between them.
func (c *wordCounter) text(pieces []int32) string {
	var b strings.Builder
	for i, id := range pieces {
		token, inner := strings.CutPrefix(c.tokens[id], c.prefix)
		if i > 0 && !inner {
			b.WriteByte(' ')
		}
		b.WriteString(token)
	}
	return b.String()
}

// most returns the keys of the largest counts, n at most and none below least.
func most(counts map[string]int, n, least int) []string {
	var keys []string
	for key, count := range counts {
		if count >= least {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	return keys[:min(len(keys), n)]
}

// keyOf is ids in a map, idsOf its inverse.
func keyOf(ids []int32) string {
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = append(b, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return string(b)
}

func idsOf(key string) []int32 {
	var ids []int32
	for ; key != ""; key = key[4:] {
		ids = append(ids, int32(key[0])|int32(key[1])<<8|int32(key[2])<<16|int32(key[3])<<24)
	}
	return ids
}

// split appends to pieces and whole what a text's ids are: the vocabulary's tokens, words
// and phrases in their pieces, and the words and phrases.
func (w *wholeWords) split(pieces, whole, ids []int32) ([]int32, []int32) {
	for _, id := range ids {
		if id < w.first {
			pieces = append(pieces, id)
			continue
		}
		pieces = append(pieces, w.pieces[id-w.first]...)
		whole = append(whole, id)
	}
	return pieces, whole
}

// merge adds to each word's row those of its pieces, for which it now stands.
func (w *wholeWords) merge(rows *matrix.Matrix) {
	for i, pieces := range w.pieces {
		to := rows.Row(int(w.first) + i)
		for _, id := range pieces {
			for j, x := range rows.Row(int(id)) {
				to[j] += x
			}
		}
	}
}

// len is how many words and phrases there are; none without w.
func (w *wholeWords) len() int {
	if w == nil {
		return 0
	}
	return len(w.pieces)
}

// eachText calls f with the tokens that a student with this tokenizer, of that many
// tokens, averages of each text, cut as it cuts.
func eachText(ctx context.Context, file *tokenizer.File, tokens int, source texter, o Options, f func(ids []int32) error) error {
	none := &matrix.Table{Type: matrix.Float16, Rows: tokens, Cols: 1, Bytes: make([]byte, 2*tokens)}
	m, err := static.New(file, none, nil, nil, static.Config{MaxLength: o.MaxLength})
	if err != nil {
		return fmt.Errorf("distill: %w", err)
	}
	encoder, err := m.NewEncoder(static.Options{})
	if err != nil {
		return fmt.Errorf("distill: %w", err)
	}
	return source.Texts(ctx, func(_ int, texts []string) error {
		for _, text := range texts {
			if err := f(encoder.Tokens(text)); err != nil {
				return err
			}
		}
		return nil
	})
}
