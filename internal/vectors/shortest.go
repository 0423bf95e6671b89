package vectors

import (
	"math"
	"math/bits"
	"strconv"
)

// appendShortest appends x as strconv.AppendFloat(dst, x, 'g', -1, 32) does: with the fewest digits
// that give the same float32 back. It is made for what vectors hold, and leaves values that are 0,
// below 1e-4, from 1e6 on, not finite or a power of two to strconv.
//
// Source: Raffaello Giulietti, The Schubfach way to render doubles, 2021.
func appendShortest(dst []byte, x float32) []byte {
	size := math.Abs(float64(x))
	float := math.Float32bits(x) & math.MaxInt32
	if fraction := float & (1<<23 - 1); !(size >= 1e-4 && size < 1e6) || fraction == 0 {
		return strconv.AppendFloat(dst, float64(x), 'g', -1, 32)
	}
	if x < 0 {
		dst = append(dst, '-')
	}
	digits, decimals := shortest(float)
	for decimals > 0 && digits%10 == 0 {
		digits, decimals = digits/10, decimals-1
	}
	return appendFixed(dst, digits, decimals)
}

// shortest returns the decimal number digits / 10^decimals that is nearest to a float32 of
// 1e-4 to 1e6 among the shortest that are read back as it. Its neighbours are equally far: it is no
// power of two.
//
// The number is 4c·2^(q-2), and what is read back as it lies between the numbers halfway to its
// neighbours, (4c-2)·2^(q-2) and (4c+2)·2^(q-2). All three are multiplied by 10^decimals, which leaves one or two
// multiples of 1 between them, and at most one of 10. Powers up to 10^12 are exact in 64 bits.
func shortest(float uint32) (digits uint32, decimals int) {
	c, q := 1<<23|float&(1<<23-1), int(float>>23)-150
	decimals = -((q * 1262611) >> 22) // ⌊q·log₁₀2⌋
	power := powers[decimals]
	shift := q + int(power.log2) + 1
	lower, middle, upper := power.times((4*c-2)<<shift), power.times(4*c<<shift), power.times((4*c+2)<<shift)
	if c%2 == 1 { // a number halfway is read as its even neighbour
		lower++
		upper--
	}
	s := middle / 4
	if tens := s / 10 * 40; (lower <= tens) != (tens+40 <= upper) {
		if tens+40 <= upper {
			tens += 40
		}
		return tens / 40, decimals - 1
	}
	if (lower <= 4*s) != (4*s+4 <= upper) {
		if lower > 4*s {
			s++
		}
		return s, decimals
	}
	if half := 4*s + 2; middle > half || middle == half && s%2 == 1 {
		s++
	}
	return s, decimals
}

// A power is 10^n: scaled to 64 bits, the first of which is 1, and ⌊log₂ 10^n⌋.
type power struct {
	scaled uint64
	log2   int8
}

var powers = func() (list [13]power) {
	value := uint64(1)
	for n := range list {
		log2 := bits.Len64(value) - 1
		list[n] = power{value << (63 - log2), int8(log2)}
		value *= 10
	}
	return list
}()

// times returns the highest 32 of the 96 bits of the product, the last of which is 1 if the
// rest is not 0: it compares with multiples of 2 as the product does.
func (p power) times(x uint32) uint32 {
	high, low := bits.Mul64(p.scaled, uint64(x))
	y := high<<32 | low>>32
	result := uint32(y >> 32)
	if uint32(y) > 1 {
		result |= 1
	}
	return result
}

// appendFixed appends digits / 10^decimals.
func appendFixed(dst []byte, digits uint32, decimals int) []byte {
	var buffer [20]byte // digits has at most 10, decimals is at most 13
	at := len(buffer)
	for n := 0; digits > 0 || n <= decimals; n++ {
		if n == decimals && n > 0 {
			at--
			buffer[at] = '.'
		}
		at--
		buffer[at] = byte('0' + digits%10)
		digits /= 10
	}
	return append(dst, buffer[at:]...)
}
