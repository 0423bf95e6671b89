package nprand

import "math/bits"

// Generator is what numpy.random.default_rng returns: PCG64 (XSL-RR 128/64), seeded
// through SeedSequence. It is not math/rand/v2's PCG, whose output function is
// another. It is not safe for concurrent use.
//
// Source: O'Neill, PCG (2014); numpy/random/src/pcg64 and numpy/random/bit_generator.pyx.
type Generator struct {
	high, low                   uint64 // state
	incrementHigh, incrementLow uint64 // odd
	half                        uint32 // the upper half of a number, if halved
	halved                      bool
}

// PCG64's multiplier of 128 bits.
const (
	multiplierHigh = 2549297995355413924
	multiplierLow  = 4865540595714422341
)

// NewGenerator returns default_rng(seed).
func NewGenerator(seed uint64) *Generator {
	w := seedWords(seed)
	g := &Generator{
		incrementHigh: w[2]<<1 | w[3]>>63,
		incrementLow:  w[3]<<1 | 1,
	}
	g.step()
	var carry uint64
	g.low, carry = bits.Add64(g.low, w[1], 0)
	g.high, _ = bits.Add64(g.high, w[0], carry)
	g.step()
	return g
}

func (g *Generator) step() {
	high, low := bits.Mul64(g.low, multiplierLow)
	high += g.high*multiplierLow + g.low*multiplierHigh
	var carry uint64
	g.low, carry = bits.Add64(low, g.incrementLow, 0)
	g.high, _ = bits.Add64(high, g.incrementHigh, carry)
}

func (g *Generator) uint64() uint64 {
	g.step()
	return bits.RotateLeft64(g.high^g.low, -int(g.high>>58))
}

// uint32 returns the lower half of a number, then its upper half.
func (g *Generator) uint32() uint32 {
	if g.halved {
		g.halved = false
		return g.half
	}
	v := g.uint64()
	g.half, g.halved = uint32(v>>32), true
	return uint32(v)
}

// Float64 returns random(): a number of [0, 1), of 53 random bits.
func (g *Generator) Float64() float64 { return float64(g.uint64()>>11) / (1 << 53) }

// Perm returns permutation(n): 0 … n-1 in random order.
func (g *Generator) Perm(n int) []int { return shuffled(n, g.uint32) }

// seedWords is SeedSequence(seed).generate_state(4, uint64).
func seedWords(seed uint64) [4]uint64 {
	const size = 4 // words of the pool
	hash := uint32(0x43b0d7e5)
	mix := func(v uint32) uint32 {
		v ^= hash
		hash *= 0x931e8875
		v *= hash
		return v ^ v>>16
	}
	var pool [size]uint32
	for i, v := range [size]uint32{uint32(seed), uint32(seed >> 32)} {
		pool[i] = mix(v)
	}
	for from := range pool {
		for to := range pool {
			if from != to {
				v := 0xca01f9dd*pool[to] - 0x4973f715*mix(pool[from])
				pool[to] = v ^ v>>16
			}
		}
	}
	hash = 0x8b51f9dd
	var words [4]uint64
	for i := range 8 {
		v := pool[i%size] ^ hash
		hash *= 0x58f38ded
		v *= hash
		words[i/2] |= uint64(v^v>>16) << (32 * (i % 2))
	}
	return words
}
