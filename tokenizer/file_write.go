package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Bytes returns the file as compact JSON, without a newline at its end and
// without escaping what JSON does not ask to escape. Keys are in the order in
// which they were read; the vocabulary is by ascending id.
func (f *File) Bytes() ([]byte, error) {
	w := &jsonWriter{buf: make([]byte, 0, f.sizeHint())}
	w.object(f.topFields(), func(name string) bool {
		switch c := f.component(name); {
		case c != nil:
			w.raw(*c)
		case name == "added_tokens":
			w.list(len(f.AddedTokens), func(i int) { w.addedToken(&f.AddedTokens[i]) })
		case name == "model":
			w.model(&f.Model)
		default:
			return false
		}
		return true
	})
	if w.err != nil {
		return nil, fmt.Errorf("tokenizer: write tokenizer.json: %w", w.err)
	}
	return w.buf, nil
}

// topFields is the order of the top level: that of the file, then what a
// caller set that the file did not have.
func (f *File) topFields() []field {
	fields := f.fields[:len(f.fields):len(f.fields)]
	for _, name := range []string{
		"version", "truncation", "padding", "added_tokens", "normalizer",
		"pre_tokenizer", "post_processor", "decoder", "model",
	} {
		c := f.component(name)
		switch {
		case hasField(fields, name), c != nil && *c == nil && f.fields != nil:
		case name == "version":
			if f.fields == nil {
				fields = append(fields, field{name, json.RawMessage(`"1.0"`)})
			}
		case name == "added_tokens" && len(f.AddedTokens) == 0 && f.fields != nil:
		default:
			fields = append(fields, field{name: name})
		}
	}
	return fields
}

func hasField(fields []field, name string) bool {
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}

// sizeHint estimates the size of the file, so that the buffer grows rarely.
func (f *File) sizeHint() int {
	n := 4096 + len(f.Normalizer) + len(f.PreTokenizer) + 200*len(f.AddedTokens)
	for i := range f.Model.Vocab {
		n += len(f.Model.Vocab[i].Token) + 16
	}
	if f.Model.Kind == Unigram {
		n += 16 * len(f.Model.Vocab)
	}
	for i := range f.Model.Merges {
		n += len(f.Model.Merges[i].Left) + len(f.Model.Merges[i].Right) + 8
	}
	return n
}

// A jsonWriter appends compact JSON and remembers the first error.
type jsonWriter struct {
	buf []byte
	err error
}

// object writes fields in order. known writes the value of those that a struct
// holds and says whether it did; others have their own.
func (w *jsonWriter) object(fields []field, known func(name string) bool) {
	w.buf = append(w.buf, '{')
	for i, f := range fields {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(appendJSONString(w.buf, f.name), ':')
		if !known(f.name) {
			w.raw(f.raw)
		}
	}
	w.buf = append(w.buf, '}')
}

func (w *jsonWriter) list(n int, element func(i int)) {
	w.buf = append(w.buf, '[')
	for i := range n {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		element(i)
	}
	w.buf = append(w.buf, ']')
}

// raw writes JSON without its white space, and null for nil.
func (w *jsonWriter) raw(raw json.RawMessage) {
	if raw == nil {
		w.buf = append(w.buf, "null"...)
		return
	}
	b := bytes.NewBuffer(w.buf)
	if err := json.Compact(b, raw); err != nil && w.err == nil {
		w.err = err
	}
	w.buf = b.Bytes()
}

func (w *jsonWriter) string(s string) { w.buf = appendJSONString(w.buf, s) }

func (w *jsonWriter) addedToken(t *AddedToken) {
	fields := t.fields
	if fields == nil {
		fields = addedTokenFields
	}
	w.object(fields, func(name string) bool {
		switch flag := t.flag(name); {
		case name == "id":
			w.buf = strconv.AppendInt(w.buf, int64(t.ID), 10)
		case name == "content":
			w.string(t.Content)
		case flag != nil:
			w.buf = strconv.AppendBool(w.buf, *flag)
		default:
			return false
		}
		return true
	})
}

func (w *jsonWriter) model(m *Model) {
	fields := m.fields
	if fields == nil {
		fields = []field{{name: "type"}}
	}
	for _, name := range []string{"vocab", "merges"} {
		if !hasField(fields, name) && (name == "vocab" || m.Kind == BPE) {
			fields = append(fields[:len(fields):len(fields)], field{name: name})
		}
	}
	w.object(fields, func(name string) bool {
		switch name {
		case "type":
			w.string(m.Kind)
		case "vocab":
			w.vocab(m)
		case "merges":
			w.merges(m)
		default:
			return false
		}
		return true
	})
}

func (w *jsonWriter) vocab(m *Model) {
	if m.Kind == Unigram {
		w.list(len(m.Vocab), func(i int) {
			w.buf = append(w.buf, '[')
			w.string(m.Vocab[i].Token)
			w.buf = append(w.buf, ',')
			w.buf = append(appendJSONFloat(w.buf, m.Vocab[i].Score), ']')
		})
		return
	}
	w.buf = append(w.buf, '{')
	for i := range m.Vocab {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.string(m.Vocab[i].Token)
		w.buf = strconv.AppendInt(append(w.buf, ':'), int64(m.Vocab[i].ID), 10)
	}
	w.buf = append(w.buf, '}')
}

// merges writes the merges in the form they came in. A part with a space in it
// has only one spelling.
func (w *jsonWriter) merges(m *Model) {
	spaced := m.spacedMerges
	for i := 0; spaced && i < len(m.Merges); i++ {
		spaced = !strings.Contains(m.Merges[i].Left, " ") && !strings.Contains(m.Merges[i].Right, " ")
	}
	w.list(len(m.Merges), func(i int) {
		left, right := m.Merges[i].Left, m.Merges[i].Right
		if spaced {
			w.string(left + " " + right)
			return
		}
		w.buf = append(w.buf, '[')
		w.string(left)
		w.buf = append(w.buf, ',')
		w.string(right)
		w.buf = append(w.buf, ']')
	})
}
