package portable

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// writeONNX writes the folder of a graph.
func writeONNX(f folder, m *static.Model, o Options) ([]string, error) {
	g, err := graph(m, o.Head)
	if err != nil {
		return nil, err
	}
	if size := g.Size(); size > onnx.MaxSize {
		return nil, fmt.Errorf("the graph takes %d bytes, and one ONNX file at most %d: make the model smaller with m2v quantize first", size, onnx.MaxSize)
	}
	tok, settings, warnings, err := tokenizerFiles(m)
	if err != nil {
		return nil, err
	}
	config, err := export.ConfigJSON(m, configFields(m, o.Head))
	if err != nil {
		return nil, err
	}
	if err := f.create(graphFile, func(w io.Writer) error {
		_, err := g.WriteTo(w)
		return err
	}); err != nil {
		return nil, err
	}
	if err := f.data(tokenizerFile, tok); err != nil {
		return nil, err
	}
	if err := f.json(tokenizerConfigFile, settings); err != nil {
		return nil, err
	}
	return warnings, f.data(configFile, config)
}

// configFields returns what config.json says beyond what follows from the model: the
// model's own keys, the type that transformers.js loads where it is not told one, and the
// names of a classifier's classes.
func configFields(m *static.Model, h *Head) []static.Field {
	fields := append([]static.Field(nil), m.Config().Fields...)
	set := func(key string, v any) {
		data, _ := json.Marshal(v) // maps of strings and numbers
		for i := range fields {
			if fields[i].Key == key {
				fields[i].Value = data
				return
			}
		}
		fields = append(fields, static.Field{Key: key, Value: data})
	}
	set("transformers.js_config", map[string]string{"dtype": "fp32"}) // the file's name, not the rows' type
	if h == nil || h.Classes == nil {
		return fields
	}
	labels, ids := map[string]string{}, map[string]int{}
	for i, class := range h.Classes {
		labels[strconv.Itoa(i)], ids[class] = class, i
	}
	set("id2label", labels)
	set("label2id", ids)
	return fields
}

// tokenizerConfig is what tokenizer_config.json says.
type tokenizerConfig struct {
	Class     string   `json:"tokenizer_class"`
	MaxLength int      `json:"model_max_length"`
	Pad       string   `json:"pad_token,omitempty"`
	Unknown   string   `json:"unk_token,omitempty"`
	CleanUp   bool     `json:"clean_up_tokenization_spaces"`
	Inputs    []string `json:"model_input_names"`
}

// unlimited is what stands for no limit in tokenizer_config.json: a number that JavaScript
// holds exactly.
const unlimited = 1 << 53

// tokenizerFiles returns tokenizer.json and tokenizer_config.json. No special token is added to
// a text, texts of a batch are padded to the longest, and tokens beyond the model's limit
// are cut off.
func tokenizerFiles(m *static.Model) ([]byte, tokenizerConfig, []string, error) {
	c := tokenizerConfig{Class: "PreTrainedTokenizerFast", MaxLength: unlimited, Inputs: []string{"input_ids", "attention_mask"}}
	file, err := m.TokenizerFile()
	if err != nil {
		return nil, c, nil, err
	}
	file = file.Clone()
	if file.Model.Kind == tokenizer.WordLevel { // transformers.js looks for it here
		c.Unknown, _ = file.Model.Unk()
	}
	file.PostProcessor, file.Truncation = nil, nil
	if most := m.Config().MaxLength; most != static.NoMaxLength {
		c.MaxLength = most
		file.Truncation = fmt.Appendf(nil, `{"direction":"Right","max_length":%d,"strategy":"LongestFirst","stride":0}`, most)
	}
	var warnings []string
	id, token, special := padding(m, file)
	if special {
		c.Pad = token
	} else {
		warnings = append(warnings, fmt.Sprintf("the tokenizer has no padding token: tokenizer.json pads with %q, which attention_mask leaves out, and %s names none", token, tokenizerConfigFile))
	}
	name, _ := json.Marshal(token) // a string
	file.Padding = fmt.Appendf(nil,
		`{"strategy":"BatchLongest","direction":"Right","pad_to_multiple_of":null,"pad_id":%d,"pad_type_id":0,"pad_token":%s}`, id, name)
	data, err := file.Bytes()
	return data, c, warnings, err
}

// padding returns the token that pads a batch: what the file or the usual name says, else
// the unknown token, as the reference's export does, else any special token. Else it is the
// token 0, which is not special: a tokenizer that is told of it as one would cut it out of words.
func padding(m *static.Model, file *tokenizer.File) (id int32, token string, special bool) {
	names := []string{"[PAD]", "<pad>"}
	if token, ok := file.Pad(); ok {
		names = append([]string{token}, names...)
	}
	for _, name := range names {
		if id, ok := m.Tokenizer().ID(name); ok {
			return id, name, true
		}
	}
	if id, ok := m.UnkID(); ok {
		if token, ok := m.Tokenizer().Token(id); ok {
			return id, token, true
		}
	}
	for _, t := range file.AddedTokens {
		if t.Special {
			return int32(t.ID), t.Content, true
		}
	}
	token, _ = m.Tokenizer().Token(0)
	return 0, token, false
}
