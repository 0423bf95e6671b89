package static

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// DefaultMaxLength is how many tokens of a text count where a model does not
// say, and NoMaxLength stands for all of them.
//
// Source: DEFAULT_MAX_LENGTH in model2vec's model.py.
const (
	DefaultMaxLength = 512
	NoMaxLength      = -1
)

// Config is what a model's config.json says.
type Config struct {
	// Normalize divides vectors by their Euclidean norm.
	Normalize bool
	// MaxLength is how many tokens of a text count: a positive number,
	// NoMaxLength, or 0 for DefaultMaxLength.
	MaxLength int
	// Fields are all keys of the file, in its order; nil where there was none.
	// Encoding depends on none but the two above.
	Fields []Field
}

// A Field is a key of config.json and its value.
type Field struct {
	Key   string
	Value json.RawMessage
}

// Field returns the value of a key, nil if the file has no such key.
func (c Config) Field(key string) json.RawMessage {
	for _, f := range c.Fields {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// parseConfig reads config.json. "normalize" may be missing, which Python
// model2vec reads as false; what is there in a form that nobody writes is
// refused, since a guess would change every vector.
func parseConfig(data []byte) (Config, error) {
	c := Config{MaxLength: DefaultMaxLength}
	fields, err := parseFields(data)
	if err != nil {
		return c, err
	}
	c.Fields = fields
	for _, f := range fields {
		switch f.Key {
		case "normalize":
			if err := json.Unmarshal(f.Value, &c.Normalize); err != nil {
				return c, fmt.Errorf("normalize is %s, not true or false", clip(f.Value))
			}
		case "max_length":
			if c.MaxLength, err = parseMaxLength(f.Value); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func parseMaxLength(value json.RawMessage) (int, error) {
	if string(value) == "null" {
		return NoMaxLength, nil
	}
	var n int32
	if err := json.Unmarshal(value, &n); err != nil || n <= 0 {
		return 0, fmt.Errorf("max_length is %s, not a positive number or null", clip(value))
	}
	return int(n), nil
}

// parseFields reads a JSON object in its order; of equal keys the last counts.
func parseFields(data []byte) ([]Field, error) {
	if !json.Valid(data) {
		var v any // only to learn where it breaks
		return nil, json.Unmarshal(data, &v)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object but %s", clip(bytes.TrimSpace(data)))
	}
	var fields []Field
	at := map[string]int{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string) // keys of valid JSON are strings
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if i, ok := at[key]; ok {
			fields[i].Value = value
			continue
		}
		at[key] = len(fields)
		fields = append(fields, Field{key, value})
	}
	return fields, nil
}

// clip shortens a value for an error.
func clip(value []byte) string {
	const most = 40
	if len(value) > most {
		return string(value[:most]) + "…"
	}
	return string(value)
}

// modules is what modules.json says to sentence-transformers.
type modules struct {
	normalize bool
	others    []string // types beyond StaticEmbedding and Normalize
}

func parseModules(data []byte) (modules, error) {
	var m modules
	var list []struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return m, err
	}
	for _, module := range list {
		// The path before the name differs between versions.
		switch name := module.Type[strings.LastIndexByte(module.Type, '.')+1:]; name {
		case "StaticEmbedding":
		case "Normalize":
			m.normalize = true
		default:
			m.others = append(m.others, name)
		}
	}
	return m, nil
}
