package portable

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// A word is a token with a row.
type word struct {
	token string
	id    int32
}

// words are the tokens that have a row, by ascending id. Of two ids that a faulty vocabulary
// gives to a token, the one counts that encoding gives.
func words(m *static.Model) []word {
	var list []word
	row := make([]float32, m.Dims())
	for id := range int32(m.Size()) {
		token, ok := m.Tokenizer().Token(id)
		if named, _ := m.Tokenizer().ID(token); ok && named == id && m.ReadRow(id, row) {
			list = append(list, word{token, id})
		}
	}
	return list
}

// weighted writes a token's row times its weight to dst, which has D values: what the mean
// of a text is made of.
func weighted(dst []float32, m *static.Model, id int32) {
	weight := float32(m.Weight(id))
	m.ReadRow(id, dst)
	for j := range dst {
		dst[j] *= weight
	}
}

// writeWord2Vec writes word2vec's text form: a line of the numbers of words and dimensions,
// then a line a word. White space in a token, which the form cannot say, becomes "_", as
// word2vec's own phrases have it.
func writeWord2Vec(f folder, m *static.Model, _ Options) ([]string, error) {
	list, out := spelled(words(m))
	err := f.create(wordsFile, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		fmt.Fprintf(b, "%d %d\n", len(list), m.Dims())
		row, line := make([]float32, m.Dims()), []byte(nil)
		for _, word := range list {
			weighted(row, m, word.id)
			line = append(line[:0], word.token...)
			for _, v := range row {
				line = strconv.AppendFloat(append(line, ' '), float64(v), 'g', -1, 32)
			}
			if _, err := b.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return b.Flush()
	})
	var warnings []string
	if out > 0 {
		warnings = append(warnings, fmt.Sprintf("%d tokens are left out of %s: word2vec's format would spell each like another token", out, wordsFile))
	}
	return warnings, err
}

// spelled returns the words with "_" for white space, and how many are left out: those
// that are nothing but white space, or then spelled as another word is.
func spelled(list []word) (kept []word, out int) {
	plain := map[string]bool{}
	for _, w := range list {
		plain[w.token] = true
	}
	seen := map[string]bool{}
	for _, w := range list {
		parts := strings.FieldsFunc(w.token, func(r rune) bool { return unicode.IsSpace(r) || r == 0 })
		token := strings.Join(parts, "_")
		if token == "" || seen[token] || token != w.token && plain[token] {
			out++
			continue
		}
		seen[token] = true
		kept = append(kept, word{token, w.id})
	}
	return kept, out
}

// writeNPY writes an array, V×D float32, and the tokens of its rows.
func writeNPY(f folder, m *static.Model, _ Options) ([]string, error) {
	list := words(m)
	tokens := make([]string, len(list))
	w, err := vectors.Create(filepath.Join(f.path, arrayFile), vectors.Options{Format: vectors.NPY, Type: matrix.Float32, Cols: m.Dims()})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	row := matrix.New(1, m.Dims())
	for i, word := range list {
		tokens[i] = word.token
		weighted(row.Data, m, word.id)
		if err := w.Write(row); err != nil {
			return nil, err
		}
		if i%(1<<12) == 0 && f.ctx.Err() != nil {
			return nil, f.ctx.Err()
		}
	}
	if err := w.Commit(); err != nil {
		return nil, err
	}
	return nil, f.json(tokensFile, tokens)
}
