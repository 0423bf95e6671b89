package distill

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/vocab"
)

// wholeWords are words of texts that a WordPiece vocabulary has in pieces only, and that
// get rows of their own. The tokenizer takes the longest piece first, so a word that is
// in the vocabulary is taken whole. The solve adds what a word says beyond its pieces.
type wholeWords struct {
	file   *tokenizer.File // with the words at the vocabulary's end
	pieces [][]int32       // of each word
	first  int32           // V, the id of the first word
	ids    map[string]int32
	inner  []bool // V, of each token: it goes on with a word
	prefix string // of such tokens, "##"
}

// leastWords is how often a word that gets a row stands in the texts.
const leastWords = 2

// findWords returns the words, at most o.Words, that the texts hold most often; nil, and a
// warning, for a tokenizer that would not take them whole.
func findWords(ctx context.Context, v *vocab.Vocabulary, source features.Source, o Options, report *Report) (*wholeWords, error) {
	w := &wholeWords{first: int32(len(v.Tokens)), inner: make([]bool, len(v.Tokens)), ids: map[string]int32{}}
	err := json.Unmarshal(v.File.Model.Field("continuing_subword_prefix"), &w.prefix)
	if v.File.Model.Kind != tokenizer.WordPiece || err != nil || w.prefix == "" {
		report.warn(fmt.Sprintf("no words were given rows: the tokenizer's model is %s, and WordPiece alone takes the longest token first", v.File.Model.Kind))
		return nil, nil
	}
	for i, token := range v.Tokens {
		w.inner[i] = strings.HasPrefix(token, w.prefix)
	}
	counts := map[string]int{} // by pieces
	err = eachText(ctx, v, source, o, func(ids []int32) error {
		w.each(ids, o.MaxLength, func(key string) { counts[key]++ })
		return nil
	})
	if err != nil {
		return nil, err
	}
	var keys []string
	for key, n := range counts {
		if n >= leastWords {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	keys = keys[:min(len(keys), o.Words)]
	return w, w.add(v, keys)
}

// each calls f with the key of each word of a text that has several pieces. A word that
// the cut at most tokens may have shortened does not count.
func (w *wholeWords) each(ids []int32, most int, f func(key string)) {
	for from := 0; from < len(ids); {
		to := from + 1
		for to < len(ids) && w.inner[ids[to]] {
			to++
		}
		if to-from > 1 && !w.inner[ids[from]] && to < most {
			f(key(ids[from:to]))
		}
		from = to
	}
}

// key is a word's pieces in a map.
func key(ids []int32) string {
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = append(b, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return string(b)
}

// add appends the words to the vocabulary of a copy of v's tokenizer.
func (w *wholeWords) add(v *vocab.Vocabulary, keys []string) error {
	var entries []tokenizer.Entry
	for i, k := range keys {
		var pieces []int32
		var word strings.Builder
		for j := 0; j < len(k); j += 4 {
			id := int32(k[j]) | int32(k[j+1])<<8 | int32(k[j+2])<<16 | int32(k[j+3])<<24
			pieces = append(pieces, id)
			token := v.Tokens[id]
			if j > 0 {
				token = strings.TrimPrefix(token, w.prefix)
			}
			word.WriteString(token)
		}
		w.pieces = append(w.pieces, pieces)
		w.ids[k] = w.first + int32(i)
		entries = append(entries, tokenizer.Entry{Token: word.String()})
	}
	w.file = v.File.Clone()
	if err := w.file.Append(entries...); err != nil {
		return fmt.Errorf("distill: words of the texts: %w", err)
	}
	return nil
}

// of appends the ids of a text's words to to.
func (w *wholeWords) of(to, ids []int32, most int) []int32 {
	if w != nil {
		w.each(ids, most, func(k string) {
			if id, ok := w.ids[k]; ok {
				to = append(to, id)
			}
		})
	}
	return to
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

// len is how many words there are; none without w.
func (w *wholeWords) len() int {
	if w == nil {
		return 0
	}
	return len(w.pieces)
}

// eachText calls f with the tokens that a student of v averages of each text, cut as it
// cuts.
func eachText(ctx context.Context, v *vocab.Vocabulary, source features.Source, o Options, f func(ids []int32) error) error {
	none := &matrix.Table{Type: matrix.Float16, Rows: len(v.Tokens), Cols: 1, Bytes: make([]byte, 2*len(v.Tokens))}
	m, err := static.New(v.File, none, nil, nil, static.Config{MaxLength: o.MaxLength})
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
