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
	Pooler Pooling = "pooler" // what the graph itself pools
)

// Poolings lists them in the order of help texts.
var Poolings = []Pooling{Mean, First, Last, Pooler}

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
	return fmt.Errorf("pooling %q is not one of mean, first, last, pooler", name)
}

// Type names the flag's kind of value in help texts.
func (p *Pooling) Type() string { return "pooling" }

// pool writes the pooled vector of one sequence to dst (H). states holds T×H or,
// for Pooler, H values; the sequence's own positions are the first length of T.
// sum is scratch of length H.
func (p Pooling) pool(dst, states []float32, length int, sum []float64) {
	h := len(dst)
	switch p {
	case Last:
		copy(dst, states[(length-1)*h:length*h])
	case Mean:
		clear(sum)
		for t := range length {
			for j, v := range states[t*h : (t+1)*h] {
				sum[j] += float64(v)
			}
		}
		for j, v := range sum {
			dst[j] = float32(v / float64(length))
		}
	default: // First and Pooler
		copy(dst, states[:h])
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
