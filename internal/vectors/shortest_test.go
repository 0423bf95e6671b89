package vectors

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// Values are written as strconv writes them, byte by byte: all float32 at powers of two and of ten and
// around them, and values of all sizes, most of those that vectors have.
func TestShortestIsStrconvs(t *testing.T) {
	check := func(x float32) {
		got, want := string(appendShortest(nil, x)), strconv.FormatFloat(float64(x), 'g', -1, 32)
		if got != want {
			t.Fatalf("%x: %s, want %s", math.Float32bits(x), got, want)
		}
	}
	around := func(x float32) {
		for i := -40; i <= 40; i++ {
			v := math.Float32frombits(math.Float32bits(x) + uint32(i))
			check(v)
			check(-v)
		}
	}
	for exponent := range uint32(256) {
		around(math.Float32frombits(exponent << 23))
	}
	for n := -12; n <= 12; n++ {
		for digit := 1; digit < 100; digit++ {
			around(float32(digit) * float32(math.Pow(10, float64(n))))
		}
	}
	r := rand.New(rand.NewPCG(9, 0))
	for range 500_000 {
		check(math.Float32frombits(r.Uint32()))
		check(float32(r.NormFloat64() * 0.06))
		check(float32(r.IntN(2_000_000)) / 1000)
		check(float32(math.Exp(r.Float64()*28 - 12)))
	}
}
