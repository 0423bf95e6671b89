package wordvec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// Static is word vectors in the form of a static model.
type Static struct {
	File *tokenizer.File
	Rows *matrix.Matrix // a row a token: UnkID's, of zeros, then the words' in their order
	// Lower tells that texts are written in lower case first, since all words are.
	Lower bool
	// StopWords and Unreachable count words that have no row: those that Words leaves
	// out, and those that no text is cut into, because of white space in them or
	// punctuation at their ends.
	StopWords, Unreachable int
}

// UnkID is the row of the token that stands for unknown words.
const UnkID = 0

// edges are ASCII punctuation at the ends of a word that holds something else, too.
const edges = "\\A[!-/:-@\\[-`{-~]+(?=[^!-/:-@\\[-`{-~])|(?<=[^!-/:-@\\[-`{-~])[!-/:-@\\[-`{-~]+\\z"

// Static returns the words as a WordLevel tokenizer.json and its rows.
//
// It cuts texts as Words does, as far as the format can say that, which has one way to
// look a word up and not three. Punctuation at the ends is taken off first, so that a
// word that has some ("u.s.") is not found; and lower case is for all words or for
// none: where some words have capitals, a word that is there only in lower case is not
// found in a text that writes it otherwise.
func (v *Vectors) Static() *Static {
	s := &Static{Lower: !slices.ContainsFunc(v.Words, func(w string) bool { return w != PythonLower(w) })}
	unk := "[UNK]"
	for slices.Contains(v.Words, unk) {
		unk = "[" + unk + "]"
	}
	vocab := []tokenizer.Entry{{Token: unk, ID: UnkID}}
	kept := make([]int, 0, len(v.Words))
	for i, word := range v.Words {
		stripped := strings.Trim(word, Punctuation)
		switch {
		case IsStopWord(word):
			s.StopWords++
		case strings.ContainsFunc(word, unicode.IsSpace), stripped != "" && stripped != word:
			s.Unreachable++
		default:
			kept = append(kept, i)
			vocab = append(vocab, tokenizer.Entry{Token: word, ID: len(kept)})
		}
	}
	s.Rows = matrix.New(1+len(kept), v.Rows.Cols)
	for i, from := range kept {
		copy(s.Rows.Row(1+i), v.Rows.Row(from))
	}
	s.File = &tokenizer.File{Model: tokenizer.Model{Kind: tokenizer.WordLevel, Vocab: vocab}}
	s.File.Model.SetField("type", nil) // its place, before the others; the kind is written there
	s.File.Model.SetField("unk_token", fmt.Appendf(nil, "%q", unk))
	if s.Lower {
		s.File.Normalizer = json.RawMessage(`{"type":"Lowercase"}`)
	}
	s.File.PreTokenizer = fmt.Appendf(nil, `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},`+
		`{"type":"Split","pattern":{"Regex":%q},"behavior":"Removed","invert":false}]}`, edges)
	return s
}

// BPEmbNormalizers are what Pieces does before the model, for a tokenizer.json. Its
// Lowercase writes Σ as σ at the end of a word, too.
func BPEmbNormalizers() []json.RawMessage {
	return []json.RawMessage{
		json.RawMessage(`{"type":"Lowercase"}`),
		json.RawMessage(`{"type":"Replace","pattern":{"Regex":"\\d"},"content":"0"}`),
	}
}
