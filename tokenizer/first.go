package tokenizer

import (
	"encoding/json"
	"fmt"
)

// checkFirst refuses tokenizers whose ids hang on what this package does not
// track: which characters of the input a piece was made from.
//
// Metaspace with prepend_scheme "first" marks the piece that was made from the
// start of the input. Where something was put before the input and then split
// off, or removed, that is not the first piece alone. No tokenizer in use does
// that.
func (f *File) checkFirst() error {
	inserts, removed := "", false
	normalizers := flatten(f.Normalizer)
	for i, n := range normalizers {
		if n.Type == "Prepend" || n.Type == "BertNormalizer" && n.HandleChineseChars {
			inserts = n.Type
			removed = removed || n.Type == "Prepend" && i < len(normalizers)-1
		}
	}
	for i, p := range flatten(f.PreTokenizer) {
		if (i > 0 || removed) && p.Type == "Metaspace" && p.PrependScheme == "first" && inserts != "" {
			return fmt.Errorf(`%s: Metaspace with prepend_scheme "first" after %s is not implemented`, f.at("pre_tokenizer"), inserts)
		}
		if p.Type == "ByteLevel" || p.Type == "Metaspace" {
			inserts = p.Type
		}
	}
	return nil
}

// component has the fields that checkFirst looks at.
type component struct {
	Type               string
	HandleChineseChars bool   `json:"handle_chinese_chars"`
	PrependScheme      string `json:"prepend_scheme"`
	Normalizers        []json.RawMessage
	Pretokenizers      []json.RawMessage
}

// flatten lists the components of a sequence, in order. A component that
// cannot be read is left to its constructor.
func flatten(raw json.RawMessage) []component {
	var c component
	if len(raw) == 0 || json.Unmarshal(raw, &c) != nil {
		return nil
	}
	if c.Type != "Sequence" {
		return []component{c}
	}
	var parts []component
	for _, raw := range append(c.Normalizers, c.Pretokenizers...) {
		parts = append(parts, flatten(raw)...)
	}
	return parts
}
