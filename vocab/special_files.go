package vocab

import (
	"encoding/json"
	"fmt"
)

// ParseSpecial reads the special tokens that a teacher's tokenizer_config.json
// names, and for those that it does not, special_tokens_map.json. Either may
// be nil for a file that is not there. A token is a string, or an object with
// its content. null in tokenizer_config.json says that there is none, unless the other
// names one and counts: Hugging Face reads it where the first has no
// "added_tokens_decoder".
func ParseSpecial(tokenizerConfig, specialTokensMap []byte) (Special, error) {
	var s Special
	var noBOS, noEOS, whole bool
	for _, file := range []struct {
		name string
		data []byte
	}{{"tokenizer_config.json", tokenizerConfig}, {"special_tokens_map.json", specialTokensMap}} {
		if file.data == nil {
			continue
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(file.data, &fields); err != nil {
			return Special{}, fmt.Errorf("vocab: read %s: %w", file.name, err)
		}
		for _, t := range []struct {
			key  string
			to   *string
			none *bool
		}{{"pad_token", &s.Pad, &s.NoPad}, {"unk_token", &s.Unk, &s.NoUnk}, {"bos_token", &s.BOS, &noBOS}, {"eos_token", &s.EOS, &noEOS}} {
			raw, ok := fields[t.key]
			if !ok || *t.to != "" || *t.none && whole {
				continue
			}
			var name named
			if err := json.Unmarshal(raw, &name); err != nil {
				return Special{}, fmt.Errorf("vocab: read %s: %s: %w", file.name, t.key, err)
			}
			*t.to, *t.none = string(name), string(raw) == "null"
		}
		_, whole = fields["added_tokens_decoder"]
	}
	return s, nil
}

// named is a token's name, read from either of its forms.
type named string

// UnmarshalJSON reads "x" or {"content": "x", …}.
func (n *named) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var object struct{ Content string }
		err := json.Unmarshal(data, &object)
		*n = named(object.Content)
		return err
	}
	return json.Unmarshal(data, (*string)(n))
}
