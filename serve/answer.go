package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"sync"
)

// An answer is JSON in parts, as they were made side by side.
type answer struct{ parts [][]byte }

// parts of answers are kept for the next ones.
var partPool = sync.Pool{New: func() any { return []byte(nil) }}

func takePart() []byte { return partPool.Get().([]byte)[:0] }

// write writes the answer, after which its parts are gone.
func (a *answer) write(w http.ResponseWriter) error {
	n := 0
	for _, p := range a.parts {
		n += len(p)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(n))
	for _, p := range a.parts {
		if _, err := w.Write(p); err != nil {
			return errGone
		}
	}
	for _, p := range a.parts {
		if cap(p) <= keptBytes {
			partPool.Put(p) //nolint:staticcheck // a slice's header is less than the vectors in it
		}
	}
	return nil
}

// appendFloats appends a JSON list of finite values, each as a decimal that is read back
// as the same float32.
func appendFloats(dst []byte, v []float32) []byte {
	dst = append(dst, '[')
	for i, x := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFloat(dst, x)
	}
	return append(dst, ']')
}

// appendFloat appends nine significant digits, which tell any two float32 apart. It is for
// the values that vectors are made of, those from 0.0001 to 1: strconv takes more
// than twice as long to find the shortest decimal, and writes the others.
// docs/decisions/170-serve-json.md has the measurements.
func appendFloat(dst []byte, x float32) []byte {
	v := math.Abs(float64(x))
	if !(v >= 1e-4 && v < 1) {
		return strconv.AppendFloat(dst, float64(x), 'g', -1, 32)
	}
	zeros, scale := 0, 1e9 // after the point; v·scale has nine digits before it
	for v*scale < 1e8 {
		zeros++
		scale *= 10
	}
	n := uint32(v*scale + 0.5)
	var b [16]byte
	copy(b[:], "-0.000")
	first := len("-0.") + zeros
	for i := first + 8; i > first; i -= 2 {
		rest := n % 100 * 2
		n /= 100
		b[i-1], b[i] = pairs[rest], pairs[rest+1]
	}
	b[first] = byte('0' + n)
	end := first + 9
	for b[end-1] == '0' {
		end--
	}
	if x < 0 {
		return append(dst, b[:end]...)
	}
	return append(dst, b[1:end]...)
}

// pairs are the numbers 00 to 99.
var pairs = func() (s string) {
	for i := range 100 {
		s += string([]byte{byte('0' + i/10), byte('0' + i%10)})
	}
	return s
}()

// appendBase64 appends a JSON string of the values' bytes, little-endian, in base64.
func appendBase64(dst []byte, v []float32) []byte {
	const most = 768 // values at a time: a multiple of three, so that no padding comes between
	var raw [4 * most]byte
	dst = append(dst, '"')
	for len(v) > 0 {
		n := min(len(v), most)
		for i, x := range v[:n] {
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
		}
		dst = base64.StdEncoding.AppendEncode(dst, raw[:4*n])
		v = v[n:]
	}
	return append(dst, '"')
}

// marshal returns v as JSON, without escapes that only HTML needs.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // our own types: strings and finite numbers
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// writeJSON answers a small value.
func writeJSON(w http.ResponseWriter, v any) error {
	return (&answer{[][]byte{marshal(v)}}).write(w)
}
