package vocab

import (
	"encoding/json"
	"fmt"
)

// ParseSpecial reads the special tokens that a teacher's tokenizer_config.json
// names, and for those that it does not, special_tokens_map.json. Either may
// be nil for a file that is not there. A token is a string, or an object with
// its content; null names none.
func ParseSpecial(tokenizerConfig, specialTokensMap []byte) (Special, error) {
	var s Special
	for _, file := range []struct {
		name string
		data []byte
	}{{"tokenizer_config.json", tokenizerConfig}, {"special_tokens_map.json", specialTokensMap}} {
		if file.data == nil {
			continue
		}
		var fields struct {
			Pad named `json:"pad_token"`
			Unk named `json:"unk_token"`
			BOS named `json:"bos_token"`
			EOS named `json:"eos_token"`
		}
		if err := json.Unmarshal(file.data, &fields); err != nil {
			return Special{}, fmt.Errorf("vocab: read %s: %w", file.name, err)
		}
		for _, t := range []struct {
			to   *string
			from named
		}{{&s.Pad, fields.Pad}, {&s.Unk, fields.Unk}, {&s.BOS, fields.BOS}, {&s.EOS, fields.EOS}} {
			if *t.to == "" {
				*t.to = string(t.from)
			}
		}
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
