package learn

import "github.com/m2v-dev/m2v/internal/nprand"

// Bags are the token ids of texts, one text after the other.
type Bags struct {
	IDs  []int32
	Ends []int // text i has the ids from Ends[i-1], or 0, to Ends[i]
}

// Len returns the number of texts.
func (b *Bags) Len() int { return len(b.Ends) }

// Text returns the ids of text i. It aliases the bags.
func (b *Bags) Text(i int) []int32 {
	from := 0
	if i > 0 {
		from = b.Ends[i-1]
	}
	return b.IDs[from:b.Ends[i]:b.Ends[i]]
}

// Append adds a text.
func (b *Bags) Append(ids []int32) {
	b.IDs = append(b.IDs, ids...)
	b.Ends = append(b.Ends, len(b.IDs))
}

// Select returns the texts of those indices, copied.
func (b *Bags) Select(texts []int) *Bags {
	out := &Bags{Ends: make([]int, 0, len(texts))}
	for _, i := range texts {
		out.Append(b.Text(i))
	}
	return out
}

// Drop returns the bags without a random part of their tokens, rate of them on average,
// 0 ≤ rate < 1. A text that had tokens keeps one: its first, if all others are dropped.
//
// Source: _apply_token_dropout in model2vec's train/base.py.
func (b *Bags) Drop(rate float64, random *nprand.Generator) *Bags {
	if rate <= 0 {
		return b
	}
	out := &Bags{Ends: make([]int, 0, len(b.Ends))}
	for i := range b.Ends {
		ids, before := b.Text(i), len(out.IDs)
		for _, id := range ids {
			if random.Float64() >= rate {
				out.IDs = append(out.IDs, id)
			}
		}
		if len(out.IDs) == before && len(ids) > 0 {
			out.IDs = append(out.IDs, ids[0])
		}
		out.Ends = append(out.Ends, len(out.IDs))
	}
	return out
}
