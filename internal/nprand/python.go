package nprand

import "math/bits"

// Python is random.Random of Python's standard library: the same generator as State,
// seeded another way. It is not safe for concurrent use.
//
// Source: Lib/random.py and Modules/_randommodule.c of CPython 3.
type Python struct{ s State }

// NewPython returns random.Random(seed).
func NewPython(seed uint64) *Python {
	key := []uint32{uint32(seed)}
	if high := uint32(seed >> 32); high != 0 {
		key = append(key, high)
	}
	p := &Python{State{next: stateWords}}
	p.s.fillFromKey(key)
	return p
}

// below returns a draw below n, 0 < n < 2³²: _randbelow.
func (p *Python) below(n int) int {
	shift := 32 - bits.Len(uint(n))
	for {
		if v := int(p.s.uint32() >> shift); v < n {
			return v
		}
	}
}

// Choices returns choices(range(n), k=k): k draws below n, with replacement.
func (p *Python) Choices(n, k int) []int {
	out := make([]int, k)
	for i := range out {
		out[i] = int(p.s.Float64() * float64(n))
	}
	return out
}

// Sample returns sample(range(n), k): k ≤ n of 0 … n-1 in random order, each once.
func (p *Python) Sample(n, k int) []int {
	out := make([]int, k)
	table := 21 // elements of a small set
	if k > 5 {
		size := 1 // the least power of 4 that is at least 3k
		for size < 3*k {
			size *= 4
		}
		table += size
	}
	if n <= table {
		pool := make([]int, n)
		for i := range pool {
			pool[i] = i
		}
		for i := range out {
			j := p.below(n - i)
			out[i] = pool[j]
			pool[j] = pool[n-i-1]
		}
		return out
	}
	selected := make(map[int]bool, k)
	for i := range out {
		j := p.below(n)
		for selected[j] {
			j = p.below(n)
		}
		selected[j] = true
		out[i] = j
	}
	return out
}
