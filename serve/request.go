package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"unicode/utf8"
)

// respond reads a request's JSON into req, has work make the answer and writes it. A slot
// is held only while there is work: neither a client that sends slowly nor one that
// reads slowly keeps others out.
func (h *Handler) respond(w http.ResponseWriter, r *http.Request, req any, work func(context.Context) (*answer, error)) error {
	body := buffers.Get().(*bytes.Buffer)
	defer putBuffer(body)
	if err := h.read(w, r, body); err != nil {
		return err
	}
	a, err := h.inSlot(func() (*answer, error) {
		if err := decode(body.Bytes(), req); err != nil {
			return nil, err
		}
		return work(r.Context())
	})
	if err != nil {
		return err
	}
	return a.write(w)
}

// inSlot runs work in one of the slots; if all are taken, the server is too busy.
func (h *Handler) inSlot(work func() (*answer, error)) (*answer, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return work()
	default:
		return nil, errBusy
	}
}

// buffers are for bodies.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// putBuffer keeps no buffer that a rare, large body has made large.
func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= keptBytes {
		b.Reset()
		buffers.Put(b)
	}
}

const keptBytes = 1 << 20

// read reads the body, as long as it may be.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, body *bytes.Buffer) error {
	if r.ContentLength > h.options.MaxBody {
		w.Header().Set("Connection", "close") // the rest is not read
		return errBody(h.options.MaxBody)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, h.options.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errBody(h.options.MaxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	case err != nil:
		return errGone
	}
	return nil
}

// decode reads JSON into req. Fields that req lacks are ignored, as OpenAI ignores them.
func decode(body []byte, req any) error {
	if !utf8.Valid(body) {
		return errUTF8
	}
	err := json.Unmarshal(body, req)
	var kind *json.UnmarshalTypeError
	var f *failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.As(err, &kind):
		if kind.Field == "" {
			return invalid("", "the body is a JSON %s, not an object", kind.Value)
		}
		return invalid(kind.Field, "%s has the wrong type: %s", kind.Field, kind.Value)
	}
	return errJSON(err)
}

// inputs are texts, or tokens in their place.
type inputs struct {
	texts []string
	ids   [][]int32 // nil where there are texts
}

// inputsOf reads what JSON has for inputs: a string, a list of strings, a list of token
// ids (one text) or a list of such lists; nothing and null give none.
func inputsOf(name string, v any) (in inputs, err error) {
	ok := true
	switch v := v.(type) {
	case nil:
	case string:
		in.texts = []string{v}
	case []any:
		if len(v) == 0 {
			break
		}
		switch v[0].(type) {
		case string:
			in.texts, ok = textsOf(v)
		case []any:
			in.ids = make([][]int32, len(v))
			for i := range v {
				list, isList := v[i].([]any)
				ids, all := idsOf(list)
				in.ids[i], ok = ids, ok && isList && all
			}
		default:
			in.ids = make([][]int32, 1)
			in.ids[0], ok = idsOf(v)
		}
	default:
		ok = false
	}
	if !ok {
		return inputs{}, invalid(name, "%s has the wrong type: want a string, a list of strings, a list of token ids or a list of lists of token ids", name)
	}
	return in, nil
}

func textsOf(list []any) (texts []string, ok bool) {
	texts = make([]string, len(list))
	for i, v := range list {
		if texts[i], ok = v.(string); !ok {
			return nil, false
		}
	}
	return texts, true
}

// idsOf reads numbers that are integers and fit into 32 bits.
func idsOf(list []any) (ids []int32, ok bool) {
	ids = make([]int32, len(list))
	for i, v := range list {
		f, isNumber := v.(float64)
		if ids[i] = int32(f); !isNumber || float64(ids[i]) != f {
			return nil, false
		}
	}
	return ids, true
}

// len is how many texts there are.
func (in *inputs) len() int { return len(in.texts) + len(in.ids) }

// check refuses inputs of which there are none or too many, and empty ones. The
// request calls them name.
func (in *inputs) check(name string, most int) error {
	switch n := in.len(); {
	case n == 0:
		return errEmpty(name)
	case n > most:
		return invalid(name, "%d inputs are more than the %d of a request", n, most)
	}
	for i, text := range in.texts {
		if text == "" {
			return errEmptyAt(name, i)
		}
	}
	for i, ids := range in.ids {
		if len(ids) == 0 {
			return errEmptyAt(name, i)
		}
	}
	return nil
}

// checkIDs refuses ids that a vocabulary of so many tokens does not have.
func (in *inputs) checkIDs(name string, size int) error {
	for i, ids := range in.ids {
		for _, id := range ids {
			if id < 0 || int(id) >= size {
				return invalid(name, "%s[%d]: there is no token %d: the model has %d", name, i, id, size)
			}
		}
	}
	return nil
}
