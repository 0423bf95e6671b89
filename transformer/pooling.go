package transformer

import (
	"fmt"
	"math"
)

// Pooling is how the states of a sequence's positions become one vector.
type Pooling string

// The poolings, named as the reference names them.
const (
	Mean   Pooling = "mean"   // of all positions, those of bos and eos included
	First  Pooling = "first"  // the first position, [CLS] in BERT
	Last   Pooling = "last"   // the last position that is not padding
	Token  Pooling = "token"  // the mean of the positions that are not bos or eos: of a token of the vocabulary, its own
	Pooler Pooling = "pooler" // what the graph itself pools
)

// Poolings lists them in the order of help texts.
var Poolings = []Pooling{Mean, First, Last, Token, Pooler}

// String returns the name.
func (p Pooling) String() string { return string(p) }

// Set parses a name, so that a *Pooling is a command-line flag.
func (p *Pooling) Set(name string) error {
	for _, known := range Poolings {
		if name == string(known) {
			*p = known
			return nil
		}
	}
	return fmt.Errorf("pooling %q is not one of mean, first, last, token, pooler", name)
}

// Type names the flag's kind of value in help texts.
func (p *Pooling) Type() string { return "pooling" }

// A SpecialTokens is the number of positions that bos and eos take before and after a
// sequence's own.
type SpecialTokens struct{ Before, After int }

// own returns the positions of a sequence of length that are not the special tokens'; all
// of them where nothing but special tokens are left.
func (f SpecialTokens) own(length int) (from, to int) {
	if f.Before+f.After >= length {
		return 0, length
	}
	return f.Before, length - f.After
}

// pool writes the pooled vector of one sequence to dst (H). states holds T×H or,
// for Pooler, H values; the sequence's own positions are the first length of T.
// special is of Token alone, sum is scratch of length H.
func (p Pooling) pool(dst, states []float32, length int, special SpecialTokens, sum []float64) {
	h := len(dst)
	switch p {
	case Last:
		copy(dst, states[(length-1)*h:length*h])
	case Mean:
		meanOf(dst, states[:length*h], sum)
	case Token:
		from, to := special.own(length)
		meanOf(dst, states[from*h:to*h], sum)
	default: // First and Pooler
		copy(dst, states[:h])
	}
}

// meanOf writes the mean of states (n×H) to dst (H).
func meanOf(dst, states []float32, sum []float64) {
	h := len(dst)
	clear(sum)
	for at := 0; at < len(states); at += h {
		for j, v := range states[at : at+h] {
			sum[j] += float64(v)
		}
	}
	n := float64(len(states) / h)
	for j, v := range sum {
		dst[j] = float32(v / n)
	}
}

// makeFinite replaces NaN by 0 and ±Inf by the largest finite values, as the
// reference does (numpy's nan_to_num), and returns how many there were.
func makeFinite(row []float32) (replaced int) {
	for j, v := range row {
		switch {
		case v != v:
			row[j] = 0
		case v > math.MaxFloat32:
			row[j] = math.MaxFloat32
		case v < -math.MaxFloat32:
			row[j] = -math.MaxFloat32
		default:
			continue
		}
		replaced++
	}
	return replaced
}
