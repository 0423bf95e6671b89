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

// inputs are texts, or tokens in their place: a string, a list of strings, a list of token
// ids (one text) or a list of such lists.
type inputs struct {
	given bool
	texts []string
	ids   [][]int32 // nil where there are texts
}

const inputForms = "want a string, a list of strings, a list of token ids or a list of lists of token ids"

// UnmarshalJSON reads any of the forms.
func (in *inputs) UnmarshalJSON(data []byte) error {
	var err error
	*in = inputs{given: true}
	switch first, second := data[0], firstOf(data[1:]); {
	case first == 'n': // null: as if it were not there
		in.given = false
	case first == '"':
		in.texts = make([]string, 1)
		err = json.Unmarshal(data, &in.texts[0])
	case first == '[' && second == ']':
	case first == '[' && second == '"':
		err = json.Unmarshal(data, &in.texts)
	case first != '[' || bytes.Contains(data, []byte("null")): // which Go would read as 0
		err = errors.New(inputForms)
	case second == '[':
		err = json.Unmarshal(data, &in.ids)
	default:
		in.ids = make([][]int32, 1)
		err = json.Unmarshal(data, &in.ids[0])
	}
	if err != nil {
		return invalid("input", "the input has the wrong type: %s", inputForms)
	}
	return nil
}

// firstOf returns the first byte that is not JSON's white space, 0 if there is none.
func firstOf(data []byte) byte {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 {
		return 0
	}
	return data[0]
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

// checkIDs refuses ids that are none of a vocabulary of so many.
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
