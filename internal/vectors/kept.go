package vectors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/m2v-dev/m2v/matrix"
)

// AppendKept is Append with what stands beside the vectors: of each row of m a value for
// each name of o.Keep, as JSON; nil stands for null.
//
// A row of JSONL is an object, the values by their names and then "vector". Another format
// has no place for values but Parquet, for which Append's rows are frames: see frame.
func (o Options) AppendKept(dst []byte, m *matrix.Matrix, kept []json.RawMessage) []byte {
	if len(o.Keep) == 0 {
		return o.Append(dst, m)
	}
	keys := Keys(o.Keep)
	for i := range m.Rows {
		values := kept[i*len(o.Keep):][:len(o.Keep)]
		if o.Format == Parquet {
			dst = o.appendFrame(dst, m.Row(i), values)
			continue
		}
		dst = AppendFields(append(dst, '{'), keys, values)
		dst = appendJSON(append(dst, `"vector":`...), m.Row(i), o.Type)
		dst = append(bytes.TrimSuffix(dst, []byte("\n")), "}\n"...)
	}
	return dst
}

// Keys returns the names as keys of a JSON object: `"id":`.
func Keys(names []string) [][]byte {
	keys := make([][]byte, len(names))
	for k, name := range names {
		keys[k] = append(AppendString(nil, name), ':')
	}
	return keys
}

// AppendFields appends values by their Keys to a JSON object that is begun, each with a comma
// after it; nil stands for null.
func AppendFields(dst []byte, keys [][]byte, values []json.RawMessage) []byte {
	for k, key := range keys {
		value := values[k]
		if value == nil {
			value = json.RawMessage("null")
		}
		dst = append(append(append(dst, key...), value...), ',')
	}
	return dst
}

// AppendString appends s as JSON, without HTML's escapes.
func AppendString(dst []byte, s string) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // it is a string
	}
	return append(dst, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

// appendFrame appends a row of Parquet on its way from a worker to the writer: of each value
// its length and 1, or 0 for null, as a varint, and its bytes; then the vector as Raw has it.
// A string is its text, any other value its JSON.
func (o Options) appendFrame(dst []byte, row []float32, kept []json.RawMessage) []byte {
	for _, value := range kept {
		var text string
		switch err := json.Unmarshal(value, &text); {
		case value == nil || string(value) == "null":
			dst = binary.AppendUvarint(dst, 0)
			continue
		case err != nil: // no string
			text = string(value)
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(text))+1), text...)
	}
	return appendRaw(dst, row, o.Type)
}

// frame takes a row that appendFrame has made off data: calls keep with each value, nil for
// null, and returns the vector's bytes and the rest.
func (o Options) frame(data []byte, keep func(value []byte)) (vector, rest []byte) {
	for range o.Keep {
		n, size := binary.Uvarint(data)
		data = data[size:]
		if n == 0 {
			keep(nil)
			continue
		}
		keep(slices.Clip(data[:n-1]))
		data = data[n-1:]
	}
	n := o.Cols * o.Type.Size()
	return data[:n], data[n:]
}
