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

// appendFloats appends a JSON list. The values are finite; each is the shortest decimal
// that is read back as the same float32.
func appendFloats(dst []byte, v []float32) []byte {
	dst = append(dst, '[')
	for i, x := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, float64(x), 'g', -1, 32)
	}
	return append(dst, ']')
}

// appendBase64 appends a JSON string of the values' bytes, little-endian, in base64.
func appendBase64(dst []byte, v []float32) []byte {
	raw := make([]byte, 0, 4*1024)
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
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
