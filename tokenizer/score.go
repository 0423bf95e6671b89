package tokenizer

import (
	"math"
	"strconv"
	"sync"
)

// hubScore returns the score that Hugging Face reads where the file has the
// shortest spelling of x. serde_json, as it is built there, divides the digits
// by a power of ten and rounds twice: one score in seven is off by a unit in
// the last place, which decides between two ways to cut a word that are as good
// as each other.
//
// Source: f64_from_parts in src/de.rs of serde_json 1.
func hubScore(x float64) float64 {
	if x == 0 {
		return x
	}
	var buffer [32]byte
	digits := appendJSONFloat(buffer[:0], math.Abs(x))
	significand, exponent := uint64(0), 0
	fraction := false
	for i, c := range digits {
		if c == 'e' {
			e, _ := strconv.Atoi(string(digits[i+1:]))
			exponent += e
			break
		}
		if c == '.' {
			fraction = true
			continue
		}
		significand = significand*10 + uint64(c-'0')
		if fraction {
			exponent--
		}
	}
	f := float64(significand)
	powers := powersOfTen()
	if exponent < -308 {
		f /= powers[308]
		exponent += 308
	}
	if exponent >= 0 {
		f *= powers[exponent]
	} else {
		f /= powers[-exponent]
	}
	return math.Copysign(f, x)
}

// powersOfTen are the float64 nearest to 10⁰ … 10³⁰⁸. math.Pow10 is off by a
// unit in the last place for some.
var powersOfTen = sync.OnceValue(func() *[309]float64 {
	var powers [309]float64
	for i := range powers {
		powers[i], _ = strconv.ParseFloat("1e"+strconv.Itoa(i), 64)
	}
	return &powers
})
