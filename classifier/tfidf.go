package classifier

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/lower"
	"github.com/m2v-dev/m2v/logreg"
)

// words is tf-idf of single words.
//
// Source: sklearn.feature_extraction.text.TfidfVectorizer with its defaults: lower-cased
// words of two or more word characters, idf = log((1+n)/(1+df)) + 1, rows of length 1.
type words struct {
	list []string // sorted
	idf  []float32
	at   map[string]int32
}

// newWords takes the words of texts.
func newWords(texts []string) *words {
	df := map[string]int{}
	for _, text := range texts {
		for word := range counts(text) {
			df[word]++
		}
	}
	w := &words{}
	for word := range df {
		w.list = append(w.list, word)
	}
	slices.Sort(w.list)
	for _, word := range w.list {
		w.idf = append(w.idf, float32(math.Log(float64(1+len(texts))/float64(1+df[word]))+1))
	}
	return w.indexed()
}

func (w *words) indexed() *words {
	w.at = make(map[string]int32, len(w.list))
	for i, word := range w.list {
		w.at[word] = int32(i)
	}
	return w
}

// counts returns how often each word is in a text.
func counts(text string) map[string]int {
	out := map[string]int{}
	for _, word := range strings.FieldsFunc(lower.String(text), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
	}) {
		if utf8.RuneCountInString(word) >= 2 {
			out[word]++
		}
	}
	return out
}

// rows returns a row for each text, n×F.
func (w *words) rows(texts []string) *logreg.Sparse {
	s := &logreg.Sparse{Cols: len(w.list)}
	type cell struct {
		column int32
		value  float64
	}
	for _, text := range texts {
		var cells []cell
		for word, n := range counts(text) {
			if i, ok := w.at[word]; ok {
				cells = append(cells, cell{i, float64(n) * float64(w.idf[i])})
			}
		}
		slices.SortFunc(cells, func(a, b cell) int { return cmp.Compare(a.column, b.column) })
		var squares float64
		for _, c := range cells {
			squares += c.value * c.value
		}
		columns, values := make([]int32, len(cells)), make([]float32, len(cells))
		for i, c := range cells {
			columns[i], values[i] = c.column, float32(c.value/math.Sqrt(squares))
		}
		s.Append(columns, values)
	}
	return s
}
