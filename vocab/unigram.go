package vocab

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/tokenizer"
)

// unkPenalty is how far below the lowest score of its vocabulary a Unigram
// model puts an unknown character.
//
// Source: K_UNK_PENALTY in models/unigram/model.rs of tokenizers 0.22.
const unkPenalty = 10

// margin keeps the score of a new word above that of its parts in spite of
// rounding: sums in a sentence start from another number than zero.
const margin = 1e-6

// scored gives new words the scores that make a Unigram model choose them
// where they are the whole piece. The reference gives each the lowest score of
// the vocabulary, which is enough for most; a word whose parts together score
// higher would never be chosen, so it gets their score and a little more.
func scored(m *tokenizer.Model, words []word) []tokenizer.Entry {
	low := m.MinScore()
	v := viterbi{scores: make(map[string]float64, len(m.Vocab)+len(words)), unknown: low - unkPenalty}
	for _, e := range m.Vocab {
		v.add(e.Token, e.Score)
	}
	entries := make([]tokenizer.Entry, len(words))
	order := make([]int, len(words))
	for i := range words {
		order[i] = i
	}
	// Shorter words first: a word may be made of others.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(words[a].token), len(words[b].token)) })
	for _, i := range order {
		token := words[i].token
		score := low
		if best := v.best(token); best >= low {
			score = best + margin*max(1, math.Abs(best))
		}
		entries[i] = tokenizer.Entry{Token: token, Score: score}
		v.add(token, score)
	}
	return entries
}

// A viterbi finds the score of the best way to cut a piece into tokens.
type viterbi struct {
	scores  map[string]float64
	longest int // bytes of the longest token
	unknown float64
	sums    []float64 // scratch
}

func (v *viterbi) add(token string, score float64) {
	v.scores[token] = score
	v.longest = max(v.longest, len(token))
}

func (v *viterbi) best(piece string) float64 {
	v.sums = v.sums[:0]
	for range len(piece) + 1 {
		v.sums = append(v.sums, math.Inf(-1))
	}
	v.sums[0] = 0
	for start := 0; start < len(piece); {
		_, width := utf8.DecodeRuneInString(piece[start:])
		known := false
		for end := start + width; end <= min(len(piece), start+v.longest); {
			if score, ok := v.scores[piece[start:end]]; ok {
				known = known || end == start+width
				v.sums[end] = max(v.sums[end], v.sums[start]+score)
			}
			_, n := utf8.DecodeRuneInString(piece[end:])
			if n == 0 {
				break
			}
			end += n
		}
		if !known {
			v.sums[start+width] = max(v.sums[start+width], v.sums[start]+v.unknown)
		}
		start += width
	}
	return v.sums[len(piece)]
}
