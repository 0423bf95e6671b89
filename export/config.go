package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/m2v-dev/m2v/static"
)

// Recipe is what config.json of the reference tells about a distillation.
type Recipe struct {
	TokenizerName string // of the teacher, a Hub id; "" if it is not known
	// ApplyPCA is the dimensions asked for: a number, "auto" or nil for none.
	ApplyPCA any
	// SIFCoefficient is in (0, 1), or nil for none.
	SIFCoefficient any
	Pooling        string // such as mean; "" where nothing was pooled
}

// Fields returns the recipe as keys of config.json. It panics if a value has no
// form in JSON.
func (r Recipe) Fields() []static.Field {
	fields := []static.Field{
		{Key: "tokenizer_name", Value: mustJSON(r.TokenizerName)},
		{Key: "apply_pca", Value: mustJSON(r.ApplyPCA)},
		{Key: "sif_coefficient", Value: mustJSON(r.SIFCoefficient)},
	}
	if r.Pooling == "" {
		return fields
	}
	return append(fields, static.Field{Key: "pooling", Value: mustJSON(r.Pooling)})
}

// configOrder is the order of keys in the reference's config.json.
//
// Source: distill_from_model and save_pretrained of model2vec 0.10.0.
var configOrder = []string{
	"model_type", "architectures", "tokenizer_name", "apply_pca", "sif_coefficient", "hidden_dim", "seq_length",
	"normalize", "pooling", "max_length", "embedding_dtype", "vocabulary_quantization",
}

// ConfigJSON returns config.json: what follows from the model, the given keys
// that do not, and these in the reference's order, unknown ones last.
func ConfigJSON(m *static.Model, given []static.Field) ([]byte, error) {
	values := map[string]json.RawMessage{
		// A high value, since there is no limit.
		"seq_length": mustJSON(1_000_000),
	}
	order := slices.Clone(configOrder)
	for _, f := range given {
		values[f.Key] = f.Value
		if !slices.Contains(order, f.Key) {
			order = append(order, f.Key)
		}
	}
	c := m.Config()
	values["model_type"] = mustJSON("model2vec")
	values["architectures"] = mustJSON([]string{"StaticModel"})
	values["hidden_dim"] = mustJSON(m.Dims())
	values["normalize"] = mustJSON(c.Normalize)
	values["max_length"] = mustJSON(c.MaxLength)
	if c.MaxLength == static.NoMaxLength {
		values["max_length"] = json.RawMessage("null")
	}
	values["embedding_dtype"] = mustJSON(m.Table().Type.String())
	delete(values, "vocabulary_quantization")
	if m.Mapping() != nil {
		values["vocabulary_quantization"] = mustJSON(m.Table().Rows)
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for _, key := range order {
		value, ok := values[key]
		if !ok {
			continue
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.Write(mustJSON(key))
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	data, err := indent(out.Bytes(), "    ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	return data, nil
}

type module struct {
	Index int    `json:"idx"`
	Name  string `json:"name"`
	Path  string `json:"path"`
	Type  string `json:"type"`
}

// modulesJSON returns modules.json, which sentence-transformers reads.
//
// Source: save_pretrained of model2vec 0.10.0.
func modulesJSON(m *static.Model) ([]byte, error) {
	modules := []module{{0, "0", ".", "sentence_transformers.models.StaticEmbedding"}}
	if m.Config().Normalize {
		modules = append(modules, module{1, "1", "1_Normalize", "sentence_transformers.models.Normalize"})
	}
	return indent(mustJSON(modules), "    ")
}

// mustJSON returns v as JSON, with no character escaped for HTML's sake.
func mustJSON(v any) json.RawMessage {
	data, err := compactJSON(v)
	if err != nil {
		panic(fmt.Sprintf("export: %v has no form in JSON: %v", v, err))
	}
	return data
}

func compactJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// indent lays JSON out over lines, the last one ended.
func indent(data []byte, by string) ([]byte, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", by); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
