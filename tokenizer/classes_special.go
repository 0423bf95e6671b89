package tokenizer

import (
	"encoding/json"
	"fmt"
	"sync"
)

// specialKeys are the special tokens of tokenizer_config.json that have a name of their
// own, in transformers' order.
var specialKeys = []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

// classSpecials are the classes' own names of them, for keys that tokenizer_config.json
// does not have.
var classSpecials = sync.OnceValue(func() map[string]map[string]string {
	bert := map[string]string{"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}
	roberta := map[string]string{"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
	with := func(base map[string]string, changes ...string) map[string]string {
		all := map[string]string{}
		for key, token := range base {
			all[key] = token
		}
		for i := 0; i < len(changes); i += 2 {
			all[changes[i]] = changes[i+1]
		}
		return all
	}
	list := map[string]map[string]string{
		"MPNetTokenizer":   with(roberta, "unk_token", "[UNK]"),
		"RobertaTokenizer": roberta, "XLMRobertaTokenizer": roberta, "CamembertTokenizer": roberta,
		"T5Tokenizer":        {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"},
		"DebertaV2Tokenizer": with(bert, "bos_token", "[CLS]", "eos_token", "[SEP]"),
		"Qwen2Tokenizer":     {"unk_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
		"GPT2Tokenizer":      {"unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"},
		"GemmaTokenizer":     {"unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "mask_token": "<mask>"},
		"AlbertTokenizer":    with(bert, "bos_token", "[CLS]", "eos_token", "[SEP]", "unk_token", "<unk>", "pad_token", "<pad>"),
	}
	for class := range tokenizerClasses {
		if list[class] == nil { // BERT's other names
			list[class] = bert
		}
	}
	return list
})

// addSpecials makes special added tokens of those that tokenizer_config.json, or else the
// class, names and tokenizer.json has in its vocabulary alone: a text that spells one is
// cut there. Tokens that the vocabulary lacks would have ids beyond the teacher's table.
func (f *File) addSpecials(class string, config []byte) error {
	fields := map[string]json.RawMessage{}
	if config != nil {
		if err := json.Unmarshal(config, &fields); err != nil {
			return fmt.Errorf("tokenizer: read tokenizer_config.json: %w", err)
		}
	}
	var named []json.RawMessage
	for _, key := range specialKeys {
		raw, ok := fields[key]
		if own := classSpecials()[class][key]; !ok && own != "" {
			raw = jsonString(own)
		}
		named = append(named, raw)
	}
	for _, key := range []string{"additional_special_tokens", "extra_special_tokens"} {
		var list []json.RawMessage
		if json.Unmarshal(fields[key], &list) == nil { // of another form it names models' own
			named = append(named, list...)
		}
	}
	var tokens []AddedToken
	contents := map[string]bool{}
	for _, raw := range named {
		if t, ok := specialToken(raw); ok && !contents[t.Content] {
			contents[t.Content] = true
			tokens = append(tokens, t)
		}
	}
	for _, t := range f.AddedTokens {
		delete(contents, t.Content)
	}
	ids := f.Model.find(contents)
	for _, t := range tokens {
		if _, ok := ids[t.Content]; !ok {
			continue
		}
		if err := f.Mark(t); err != nil {
			return err
		}
	}
	return nil
}

// specialToken reads "x" or {"content": "x", "lstrip": …}.
func specialToken(raw json.RawMessage) (AddedToken, bool) {
	var t struct {
		Content                    string
		SingleWord                 bool `json:"single_word"`
		LStrip, RStrip, Normalized bool
	}
	if json.Unmarshal(raw, &t.Content) != nil {
		if json.Unmarshal(raw, &t) != nil {
			return AddedToken{}, false
		}
	}
	return AddedToken{Content: t.Content, SingleWord: t.SingleWord, LStrip: t.LStrip, RStrip: t.RStrip, Normalized: t.Normalized, Special: true}, t.Content != ""
}
