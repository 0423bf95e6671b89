package quantize

import (
	"math"

	"github.com/x448/float16"
)

// half returns the bits of x as IEEE 754 binary16, rounded to nearest, ties to even: what
// float16.Fromfloat32 returns, which is left to numbers that are not in binary16's
// normal range.
func half(x float32) uint16 {
	const (
		least  = 0x38800000 // 2^−14, the least normal number
		beyond = 0x477ff000 // 65520, which rounds to infinity
		rebias = 0x38000000 // the exponent's bias, 127 to 15
	)
	bits := math.Float32bits(x)
	size := bits &^ (1 << 31)
	if size < least || size >= beyond {
		return float16.Fromfloat32(x).Bits()
	}
	size += 0xfff + size>>13&1 // half of the last place that stays, less one where that is even
	return uint16(bits>>16&0x8000 | (size-rebias)>>13)
}
