package transformer

import (
	"cmp"
	"slices"
)

// batchTokens is how many positions run at once where the length decides: 256
// sequences of 3, which is what nearly all tokens of a vocabulary are. Chosen by
// trial, docs/decisions/033-batches.md.
const batchTokens = 768

// deviceTokens is batchTokens on other providers than the CPU, which have thousands of
// lanes to keep busy and pay for each run; deviceBatches batches run side by side, so that
// one is filled or pooled while the other runs. Neither is measured: see docs/scale.md.
const (
	deviceTokens  = 16384
	deviceBatches = 2
)

// batch is a group of sequences that run together, by their index.
type batch struct {
	members []int
	length  int // T, of the longest
}

// plan groups sequences of the given lengths, short ones first and equal ones in
// their order. It depends on nothing else, so that rows do not depend on the
// number of threads.
//
// rows is the fixed number of sequences in a batch, 0 to go by tokens, the positions.
// uniform keeps different lengths apart: a graph without a mask takes no padding.
func plan(lengths []int, rows, tokens int, uniform bool) []batch {
	order := make([]int, len(lengths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lengths[a], lengths[b]) })
	var batches []batch
	for len(order) > 0 {
		b := batch{length: lengths[order[0]]}
		n := 0
		for ; n < len(order); n++ {
			length := lengths[order[n]]
			if uniform && length != b.length || full(n, length, rows, tokens) {
				break
			}
			b.length = length
		}
		b.members, order = order[:n:n], order[n:]
		batches = append(batches, b)
	}
	return batches
}

// full reports whether a batch of n sequences has no place for one more, whose
// length would be the longest.
func full(n, length, rows, tokens int) bool {
	if rows > 0 {
		return n >= rows
	}
	return n > 0 && (n+1)*length > tokens
}
