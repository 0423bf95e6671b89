package nprand

import "math/bits"

// below returns the first draw below n, 0 < n < 2³¹, of the bits that n-1 needs.
//
// Source: random_interval in numpy/random/src/distributions/distributions.c.
func below(n int, draw func() uint32) int {
	most := uint32(n - 1)
	if most == 0 {
		return 0
	}
	mask := uint32(1)<<bits.Len32(most) - 1 // all ones where most has 32 bits
	for {
		if v := draw() & mask; v <= most {
			return int(v)
		}
	}
}

// shuffled returns 0 … n-1, shuffled.
func shuffled(n int, draw func() uint32) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	shuffle(list, draw)
	return list
}

// shuffle is the shuffle of Fisher and Yates, from the end on.
func shuffle(list []int, draw func() uint32) {
	for i := len(list) - 1; i > 0; i-- {
		j := below(i+1, draw)
		list[i], list[j] = list[j], list[i]
	}
}
