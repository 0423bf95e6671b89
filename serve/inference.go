package serve

import (
	"context"
	"net/http"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// The paths of this file are those of text-embeddings-inference 1.9. Where it has one
// model, a request names one of several by the field "model" or, for clients that
// cannot add a field, by ?model=NAME.
//
// Source: router/src/http/types.rs of text-embeddings-inference.

// embedRequest is the body of POST /embed.
type embedRequest struct {
	Inputs     any    `json:"inputs"`
	Model      string `json:"model"`
	Truncate   *bool  `json:"truncate"`
	Normalize  *bool  `json:"normalize"`
	Dimensions *int   `json:"dimensions"`
}

// embed answers POST /embed: a list of vectors.
func (h *Handler) embed(w http.ResponseWriter, r *http.Request, rec *record) error {
	var req embedRequest
	return h.respond(w, r, &req, func(ctx context.Context) (a *answer, err error) {
		err = h.use(named(req.Model, r), func(m *served) error {
			j := &job{param: "inputs", truncate: req.Truncate, normalize: req.Normalize, begin: "[", each: appendRow}
			if j.in, err = inputsOf(j.param, req.Inputs); err != nil {
				return err
			}
			if j.dims, err = dimensions(req.Dimensions); err != nil {
				return err
			}
			if a, err = h.run(ctx, m, j, rec); err != nil {
				return err
			}
			a.end([]byte("]"))
			return nil
		})
		return a, err
	})
}

func appendRow(part []byte, i int, v []float32) []byte {
	if i > 0 {
		part = append(part, ',')
	}
	return appendFloats(part, v)
}

// named is the model that a request names in its body or its address.
func named(inBody string, r *http.Request) string {
	if inBody != "" || r.URL.RawQuery == "" {
		return inBody
	}
	return r.URL.Query().Get("model")
}

// similarityRequest is the body of POST /similarity.
type similarityRequest struct {
	Inputs struct {
		Source    string   `json:"source_sentence"`
		Sentences []string `json:"sentences"`
	} `json:"inputs"`
	Model      string `json:"model"`
	Parameters struct {
		Truncate *bool `json:"truncate"`
	} `json:"parameters"`
}

// similarity answers POST /similarity: the cosine between the source and each sentence.
func (h *Handler) similarity(w http.ResponseWriter, r *http.Request, rec *record) error {
	var req similarityRequest
	return h.respond(w, r, &req, func(ctx context.Context) (*answer, error) {
		if len(req.Inputs.Sentences) == 0 {
			return nil, errEmpty("inputs.sentences")
		}
		if req.Inputs.Source == "" {
			return nil, errEmpty("inputs.source_sentence")
		}
		var cosines []float32
		err := h.use(named(req.Model, r), func(m *served) error {
			j := &job{param: "inputs", in: inputs{texts: append([]string{req.Inputs.Source}, req.Inputs.Sentences...)}, truncate: req.Parameters.Truncate}
			if err := j.in.check(j.param, h.options.MaxInputs); err != nil { // before memory is taken for them
				return err
			}
			vectors := matrix.New(j.in.len(), m.model.Dims())
			j.each = func(part []byte, i int, v []float32) []byte { copy(vectors.Row(i), v); return part }
			if _, err := h.run(ctx, m, j, rec); err != nil {
				return err
			}
			for i := 1; i < vectors.Rows; i++ {
				cosines = append(cosines, float32(matrix.Cosine(vectors.Row(0), vectors.Row(i))))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &answer{[][]byte{appendFloats(takePart(), cosines)}}, nil
	})
}

// tokenizeRequest is the body of POST /tokenize.
type tokenizeRequest struct {
	Inputs           any    `json:"inputs"`
	Model            string `json:"model"`
	AddSpecialTokens bool   `json:"add_special_tokens"`
}

// tokenized is a token as clients read it. There are no offsets: start and stop are null.
type tokenized struct {
	ID      int32  `json:"id"`
	Text    string `json:"text"`
	Special bool   `json:"special"`
	Start   *int   `json:"start"`
	Stop    *int   `json:"stop"`
}

// tokenize answers POST /tokenize: for each input its tokens, none cut off.
func (h *Handler) tokenize(w http.ResponseWriter, r *http.Request, rec *record) error {
	var req tokenizeRequest
	return h.respond(w, r, &req, func(context.Context) (*answer, error) {
		in, err := inputsOf("inputs", req.Inputs)
		if err != nil {
			return nil, err
		}
		if err := in.check("inputs", h.options.MaxInputs); err != nil {
			return nil, err
		}
		if in.ids != nil {
			return nil, invalid("inputs", "inputs has the wrong type: want a string or a list of strings")
		}
		lists := make([][]tokenized, len(in.texts))
		err = h.use(named(req.Model, r), func(m *served) error {
			tok, total := m.model.Tokenizer(), 0
			appendIDs := tok.AppendIDs
			if req.AddSpecialTokens {
				appendIDs = tok.AppendIDsWithSpecials
			}
			var ids []int32
			for i, text := range in.texts {
				ids = appendIDs(ids[:0], text)
				if total += len(ids); total > h.options.MaxTokens {
					return invalid("inputs", "the inputs have more than the %d tokens of a request", h.options.MaxTokens)
				}
				lists[i] = make([]tokenized, len(ids))
				for k, id := range ids {
					token, _ := tok.Token(id)
					lists[i][k] = tokenized{ID: id, Text: token, Special: tok.IsSpecial(id)}
				}
			}
			rec.model, rec.texts, rec.tokens = m.name, len(lists), total
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &answer{[][]byte{marshal(lists)}}, nil
	})
}

// information is the answer to GET /info: what text-embeddings-inference says of a model,
// then what it does not.
type information struct {
	ModelID    string  `json:"model_id"`
	ModelSHA   *string `json:"model_sha"` // null
	ModelDtype string  `json:"model_dtype"`
	ServedName string  `json:"served_model_name"`
	ModelType  struct {
		Embedding struct {
			Pooling string `json:"pooling"`
		} `json:"embedding"`
	} `json:"model_type"`
	MaxConcurrentRequests int    `json:"max_concurrent_requests"`
	MaxInputLength        int    `json:"max_input_length"` // tokens
	MaxBatchTokens        int    `json:"max_batch_tokens"`
	MaxClientBatchSize    int    `json:"max_client_batch_size"`
	AutoTruncate          bool   `json:"auto_truncate"`
	TokenizationWorkers   int    `json:"tokenization_workers"`
	Version               string `json:"version"`

	Dimensions int      `json:"dimensions"`
	Tokens     int      `json:"tokens"` // of the vocabulary
	Normalize  bool     `json:"normalize"`
	Models     []string `json:"models"` // all that are served
}

// info answers GET /info, of the first model or ?model=NAME.
func (h *Handler) info(w http.ResponseWriter, r *http.Request, _ *record) error {
	o := h.options
	i := information{
		MaxConcurrentRequests: o.MaxConcurrent, MaxBatchTokens: o.MaxTokens, MaxClientBatchSize: o.MaxInputs,
		AutoTruncate: o.Truncate, TokenizationWorkers: o.Threads, Version: o.Version,
	}
	i.ModelType.Embedding.Pooling = "mean"
	for _, s := range h.sources {
		i.Models = append(i.Models, s.Name)
	}
	err := h.use(named("", r), func(m *served) error {
		c := m.model.Config()
		i.ModelID, i.ServedName, i.ModelDtype = m.name, m.name, m.model.Table().Type.String()
		i.Dimensions, i.Tokens, i.Normalize, i.MaxInputLength = m.model.Dims(), m.model.Size(), c.Normalize, c.MaxLength
		if c.MaxLength == static.NoMaxLength {
			i.MaxInputLength = o.MaxTokens
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, i)
}
