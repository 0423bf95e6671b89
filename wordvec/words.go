package wordvec

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

// stopWords are the words, and single signs, that Words leaves out.
//
// Source: ENGLISH_STOP_WORDS in sentence-transformers 6.2.0,
// sentence_transformer/modules/tokenizer/word.py (Apache-2.0).
//
//go:embed stopwords.txt
var stopWordsText string

var stopWords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(stopWordsText) {
		set[word] = true
	}
	return set
})

// IsStopWord tells whether Words leaves a word out, in this very spelling.
func IsStopWord(word string) bool { return stopWords()[word] }

// Words is the tokenizer of sentence-transformers' average_word_embeddings
// models: it splits at white space, and looks a word up as it stands, then
// without the ASCII punctuation at its ends, then in lower case too. A stop word
// is left out at whichever of the three it is one; a word that is not found at
// any is left out as well.
//
// Source: WhitespaceTokenizer of sentence-transformers 6.2.0 with the default
// switches, which are those of the published models. Its PADDING_TOKEN, a row of
// zeros that a text could name, is not there.
type Words struct{ rows map[string]int32 }

// NewWords returns the tokenizer of words, word i being that of row i.
func NewWords(words []string) *Words {
	w := &Words{make(map[string]int32, len(words))}
	for i, word := range words {
		w.rows[word] = int32(i)
	}
	return w
}

// AppendRows implements Tokenizer.
func (w *Words) AppendRows(dst []int32, text string) []int32 {
	for word := range strings.FieldsFuncSeq(text, isPythonSpace) {
		if row, ok := w.find(word); ok {
			dst = append(dst, row)
		}
	}
	return dst
}

// find returns the row of a word, and whether it has one.
func (w *Words) find(word string) (row int32, ok bool) {
	for step := range 3 {
		switch step {
		case 1:
			word = strings.Trim(word, Punctuation)
		case 2:
			word = PythonLower(word)
		}
		if stopWords()[word] {
			return 0, false
		}
		if row, ok = w.rows[word]; ok && word != "" {
			return row, true
		}
	}
	return 0, false
}

// Punctuation is what Words takes off a word's ends: Python's string.punctuation.
const Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// isPythonSpace tells what Python's str.split splits at: Unicode's white space and
// four control characters.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1C <= r && r <= 0x1F }
