package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// buildBert is the __init__ of BertTokenizer and MPNetTokenizer.
func (f *File) buildBert(c classConfig) error {
	accents := "null"
	if c.StripAccents != nil {
		accents = fmt.Sprint(*c.StripAccents)
	}
	f.replace("normalizer", fmt.Sprintf(`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":%t,"strip_accents":%s,"lowercase":%t}`,
		or(c.ChineseChars, true), accents, or(c.LowerCase, true)))
	f.replace("pre_tokenizer", `{"type":"BertPreTokenizer"}`)
	return nil
}

func byteLevelJSON(addPrefixSpace, regex bool) string {
	return fmt.Sprintf(`{"type":"ByteLevel","add_prefix_space":%t,"trim_offsets":true,"use_regex":%t}`, addPrefixSpace, regex)
}

func metaspaceJSON(scheme string) string {
	return fmt.Sprintf(`{"type":"Metaspace","replacement":"▁","prepend_scheme":%q,"split":true}`, scheme)
}

// always returns the scheme of a Metaspace that puts a space before each word, or the
// other one.
func always(addPrefixSpace *bool, other string) string {
	if or(addPrefixSpace, true) {
		return "always"
	}
	return other
}

func (f *File) buildGPT2(c classConfig) error {
	f.replace("normalizer", "null")
	f.replace("pre_tokenizer", byteLevelJSON(or(c.AddPrefixSpace, false), true))
	return nil
}

func (f *File) buildRoberta(c classConfig) error {
	if err := f.buildGPT2(c); err != nil {
		return err
	}
	return f.surround(c.CLS.or("<s>"), c.SEP.or("</s>"))
}

func (f *File) buildXLMRoberta(c classConfig) error {
	f.replace("normalizer", f.precompiled())
	f.replace("pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},`+metaspaceJSON(always(c.AddPrefixSpace, "never"))+`]}`)
	f.setUnkID(3)
	return f.surround(c.BOS.or("<s>"), c.EOS.or("</s>"))
}

func (f *File) buildT5(classConfig) error {
	f.replace("normalizer", f.precompiled())
	f.replace("pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},`+metaspaceJSON("always")+`]}`)
	f.setUnkID(2)
	return f.surround("", "</s>")
}

// spaces makes one space of many, and of line ends and tabs.
const spaces = `{"type":"Replace","pattern":{"Regex":"\\s{2,}|[\\n\\r\\t]"},"content":" "}`

func (f *File) buildDebertaV2(c classConfig) error {
	lower, punctuation := "", ""
	if or(c.LowerCase, false) {
		lower = `{"type":"Lowercase"},`
	}
	if or(c.SplitByPunct, false) {
		punctuation = `{"type":"Punctuation","behavior":"Isolated"},`
	}
	f.replace("normalizer", `{"type":"Sequence","normalizers":[`+lower+spaces+`,{"type":"NFC"},{"type":"Strip","strip_left":false,"strip_right":true}]}`)
	f.replace("pre_tokenizer", `{"type":"Sequence","pretokenizers":[`+punctuation+metaspaceJSON(always(c.AddPrefixSpace, "first"))+`]}`)
	unk := 1
	if c.UnkID != nil {
		unk = *c.UnkID
	}
	if e, ok := f.Model.Find(c.Unk.or("[UNK]")); ok && e.Score == 0 {
		unk = e.ID
	}
	f.setUnkID(unk)
	return nil
}

func (f *File) buildQwen2(c classConfig) error {
	f.replace("normalizer", `{"type":"NFC"}`)
	f.replace("pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":`+
		`"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},`+
		`"behavior":"Isolated","invert":false},`+byteLevelJSON(or(c.AddPrefixSpace, false), false)+`]}`)
	return nil
}

func (f *File) buildGemma(classConfig) error {
	f.replace("normalizer", `{"type":"Replace","pattern":{"String":" "},"content":"▁"}`)
	f.replace("pre_tokenizer", `{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}`)
	return nil
}

func (f *File) buildAlbert(c classConfig) error {
	const blanks = `{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}`
	list := []string{`{"type":"Replace","pattern":{"String":"` + "``" + `"},"content":"\""}`, `{"type":"Replace","pattern":{"String":"''"},"content":"\""}`,
		`{"type":"NFKD"}`, `{"type":"StripAccents"}`, `{"type":"Lowercase"}`, blanks}
	if !or(c.KeepAccents, false) {
		list = append(list, `{"type":"NFKD"}`, `{"type":"StripAccents"}`)
	}
	if or(c.LowerCase, true) {
		list = append(list, `{"type":"Lowercase"}`)
	}
	f.replace("normalizer", `{"type":"Sequence","normalizers":[`+strings.Join(append(list, blanks), ",")+`]}`)
	f.replace("pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},`+metaspaceJSON(always(c.AddPrefixSpace, "never"))+`]}`)
	f.setUnkID(1)
	return nil
}

func (f *File) buildCamembert(c classConfig) error {
	f.replace("normalizer", `{"type":"Sequence","normalizers":[`+spaces+`,{"type":"Strip","strip_left":false,"strip_right":true}]}`)
	f.replace("pre_tokenizer", metaspaceJSON(always(c.AddPrefixSpace, "never")))
	unk := 0
	if e, ok := f.Model.Find(c.Unk.or("<unk>")); ok {
		unk = e.ID
	}
	f.setUnkID(unk)
	return f.surround(c.BOS.or("<s>"), c.EOS.or("</s>"))
}

// precompiled returns the character map that the file's normalizer is or has, or null.
func (f *File) precompiled() string {
	var n struct {
		Type        string
		Normalizers []json.RawMessage
	}
	if json.Unmarshal(f.Normalizer, &n) != nil {
		return "null"
	}
	list := n.Normalizers
	if n.Type != "Sequence" {
		list = []json.RawMessage{f.Normalizer}
	}
	for _, raw := range list {
		if kind, err := componentType(raw, ""); err == nil && kind == "Precompiled" {
			return string(raw)
		}
	}
	return "null"
}

// setUnkID sets the unknown token of a Unigram model.
func (f *File) setUnkID(id int) {
	if id < 0 || id >= len(f.Model.Vocab) || f.Model.Kind != Unigram {
		return
	}
	if now, ok := f.Model.unkID(); !ok || now != id {
		f.Model.SetField("unk_id", jsonInt(id))
	}
}

// surround sets the special tokens around a text, "" for none, unless the file's
// post-processor puts the same there.
func (f *File) surround(before, after string) error {
	var single []string
	specials := map[string]any{}
	var want [2][]int32
	for k, token := range []string{before, after} {
		if token == "" {
			continue
		}
		id, ok := f.idOf(token)
		if !ok {
			return fmt.Errorf("tokenizer: special token %q is not in tokenizer.json", token)
		}
		want[k] = []int32{int32(id)}
		specials[token] = map[string]any{"id": token, "ids": []int{id}, "tokens": []string{token}}
	}
	now, err := newFrame(f.PostProcessor, f.at("post_processor"))
	if err == nil && len(now.around) == 2 && slices.Equal(now.around[0], want[0]) && slices.Equal(now.around[1], want[1]) {
		return nil
	}
	piece := func(token string) {
		if token != "" {
			single = append(single, fmt.Sprintf(`{"SpecialToken":{"id":%s,"type_id":0}}`, jsonString(token)))
		}
	}
	piece(before)
	single = append(single, `{"Sequence":{"id":"A","type_id":0}}`)
	piece(after)
	raw, err := json.Marshal(specials)
	if err != nil {
		return fmt.Errorf("tokenizer: %w", err)
	}
	all := strings.Join(single, ",")
	f.replace("post_processor", `{"type":"TemplateProcessing","single":[`+all+`],"pair":[`+all+`,`+strings.ReplaceAll(all, `"id":"A"`, `"id":"B"`)+`],"special_tokens":`+string(raw)+`}`)
	return nil
}

// idOf returns the id of a token, the model's or an added one's.
func (f *File) idOf(token string) (int, bool) {
	if e, ok := f.Model.Find(token); ok {
		return e.ID, true
	}
	for _, t := range f.AddedTokens {
		if t.Content == token {
			return t.ID, true
		}
	}
	return 0, false
}
