package serve

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// embeddingsRequest is the body of POST /v1/embeddings. Other fields are ignored.
//
// Source: OpenAI's API reference, "Create embeddings".
type embeddingsRequest struct {
	Input          any    `json:"input"`
	Model          string `json:"model"`
	EncodingFormat string `json:"encoding_format"` // "float" or "base64"
	Dimensions     *int   `json:"dimensions"`
}

// openAIEmbeddings answers POST /v1/embeddings.
func (h *Handler) openAIEmbeddings(w http.ResponseWriter, r *http.Request, rec *record) error {
	var req embeddingsRequest
	return h.respond(w, r, &req, func(ctx context.Context) (a *answer, err error) {
		err = h.use(req.Model, func(m *served) error {
			j := &job{param: "input", begin: `{"object":"list","data":[`}
			if j.in, err = inputsOf(j.param, req.Input); err != nil {
				return err
			}
			if j.each, err = writerOf(req.EncodingFormat); err != nil {
				return err
			}
			if j.dims, err = dimensions(req.Dimensions); err != nil {
				return err
			}
			if a, err = h.run(ctx, m, j, rec); err != nil {
				return err
			}
			a.end(usage(m.name, rec.tokens))
			return nil
		})
		return a, err
	})
}

// writerOf returns what writes an element of data in a format of OpenAI's.
func writerOf(format string) (func([]byte, int, []float32) []byte, error) {
	appendVector := appendFloats
	switch format {
	case "", "float":
	case "base64":
		appendVector = appendBase64
	default:
		return nil, invalid("encoding_format", "encoding_format is %q, not float or base64", format)
	}
	return func(part []byte, i int, v []float32) []byte {
		if i > 0 {
			part = append(part, ',')
		}
		part = strconv.AppendInt(append(part, `{"object":"embedding","index":`...), int64(i), 10)
		part = appendVector(append(part, `,"embedding":`...), v)
		return append(part, '}')
	}, nil
}

// dimensions refuses a number of dimensions that no model has.
func dimensions(given *int) (int, error) {
	switch {
	case given == nil:
		return 0, nil
	case *given < 1:
		return 0, invalid("dimensions", "dimensions is %d, not a positive number", *given)
	}
	return *given, nil
}

// usage returns the end of an answer of OpenAI's form.
func usage(model string, tokens int) []byte {
	out := append([]byte(`],"model":`), marshal(model)...)
	out = strconv.AppendInt(append(out, `,"usage":{"prompt_tokens":`...), int64(tokens), 10)
	out = strconv.AppendInt(append(out, `,"total_tokens":`...), int64(tokens), 10)
	return append(out, "}}"...)
}

// end appends what comes after the vectors.
func (a *answer) end(tail []byte) {
	last := &a.parts[len(a.parts)-1]
	*last = append(*last, tail...)
}

// listed is a model as OpenAI's clients read it.
type listed struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // "model"
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func (m *served) listed() listed { return listed{m.name, "model", m.opened.Unix(), "m2v"} }

// listModels answers GET /v1/models.
func (h *Handler) listModels(w http.ResponseWriter, _ *http.Request, _ *record) error {
	list := []listed{}
	h.mu.RLock()
	for _, m := range h.models {
		list = append(list, m.listed())
	}
	h.mu.RUnlock()
	return writeJSON(w, map[string]any{"object": "list", "data": list})
}

// showModel answers GET /v1/models/NAME. A name may contain slashes.
func (h *Handler) showModel(w http.ResponseWriter, r *http.Request, _ *record) error {
	name := strings.TrimPrefix(r.URL.Path, "/v1/models/")
	if name == "" {
		return errModel(name)
	}
	var found listed
	if err := h.use(name, func(m *served) error { found = m.listed(); return nil }); err != nil {
		return err
	}
	return writeJSON(w, found)
}
