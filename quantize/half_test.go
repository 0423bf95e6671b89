package quantize

import (
	"math"
	"testing"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/matrix"
)

// half equals float16.Fromfloat32 at each number of binary16, half way between two of
// them, and beside both.
func TestHalf(t *testing.T) {
	check := func(bits uint32) {
		x := math.Float32frombits(bits)
		if got, want := half(x), float16.Fromfloat32(x).Bits(); got != want {
			t.Fatalf("%v (%#x): %#x, want %#x", x, bits, got, want)
		}
	}
	for i := range 1 << 16 {
		at := math.Float32bits(float16.Frombits(uint16(i)).Float32())
		for _, to := range []uint32{0, 1 << 12, 1 << 13} { // of a normal number, the middle and the next
			for d := range uint32(5) {
				check(at + to + d - 2)
			}
		}
	}
	for bits := uint32(0); bits < 1<<32-997; bits += 997 * 64 {
		check(bits)
	}
}

func BenchmarkTableFloat16(b *testing.B) {
	m := randomMatrix(4096, 256, 1)
	b.SetBytes(int64(4 * len(m.Data)))
	for b.Loop() {
		Table(m, matrix.Float16)
	}
}
