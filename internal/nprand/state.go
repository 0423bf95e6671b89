// Package nprand draws the numbers that NumPy draws from the same seed: what
// scikit-learn and MTEB choose by chance can then be chosen again, row for row.
package nprand

// State is numpy.random.RandomState, the generator of scikit-learn's random_state:
// the Mersenne Twister MT19937. It is not safe for concurrent use.
//
// Source: Matsumoto and Nishimura, Mersenne Twister (1998); numpy/random/src/mt19937.
type State struct {
	words [stateWords]uint32
	next  int // word to use next; stateWords: all are used
}

// Of MT19937.
const (
	stateWords  = 624
	stateMiddle = 397
)

// NewState returns RandomState(seed). NumPy takes 32 bits for a seed; one with more
// is what RandomState([low word, high word]) makes.
func NewState(seed uint64) *State {
	s := &State{next: stateWords}
	if high := uint32(seed >> 32); high != 0 {
		s.fillFromKey([]uint32{uint32(seed), high})
	} else {
		s.fill(uint32(seed))
	}
	return s
}

func (s *State) fill(seed uint32) {
	for i := range s.words {
		s.words[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
}

// fillFromKey is init_by_array for a key of at most stateWords words.
func (s *State) fillFromKey(key []uint32) {
	s.fill(19650218)
	w, i := &s.words, 1
	step := func(value uint32) {
		w[i] = value
		if i++; i == stateWords {
			w[0], i = w[stateWords-1], 1
		}
	}
	mixed := func(factor uint32) uint32 { return w[i] ^ (w[i-1]^w[i-1]>>30)*factor }
	for k := range stateWords {
		j := k % len(key)
		step(mixed(1664525) + key[j] + uint32(j))
	}
	for range stateWords - 1 {
		step(mixed(1566083941) - uint32(i))
	}
	w[0] = 1 << 31
}

func (s *State) uint32() uint32 {
	if s.next == stateWords {
		s.twist()
	}
	y := s.words[s.next]
	s.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// twist makes the next stateWords words.
func (s *State) twist() {
	for i := range s.words {
		y := s.words[i]&(1<<31) | s.words[(i+1)%stateWords]&(1<<31-1)
		s.words[i] = s.words[(i+stateMiddle)%stateWords] ^ y>>1 ^ -(y&1)&0x9908b0df
	}
	s.next = 0
}

// Float64 returns random_sample(): a multiple of 2⁻⁵³ in [0, 1).
func (s *State) Float64() float64 {
	high, low := s.uint32()>>5, s.uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// IntN returns randint(n), for 0 < n < 2³¹. For n = 1 nothing is drawn.
func (s *State) IntN(n int) int { return below(n, s.uint32) }

// Perm returns permutation(n): 0 … n-1 in random order.
func (s *State) Perm(n int) []int { return shuffled(n, s.uint32) }

// Shuffle is shuffle(list), in place.
func (s *State) Shuffle(list []int) { shuffle(list, s.uint32) }
