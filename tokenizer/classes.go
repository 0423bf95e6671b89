package tokenizer

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// ApplyConfig changes the file as transformers 5.3 does when it loads it: for some
// tokenizer classes the class, with what tokenizer_config.json says to it, decides how
// text is normalised and cut, whatever tokenizer.json says. tokenizerConfig is
// tokenizer_config.json and modelConfig config.json, each nil where there is none:
// the latter names the class where the former does not. What does not change keeps its
// spelling.
//
// Source: AutoTokenizer.from_pretrained, TokenizersBackend.convert_to_native_format and
// the classes' __init__ in transformers 5.3.
func (f *File) ApplyConfig(tokenizerConfig, modelConfig []byte) error {
	var c classConfig
	var m struct {
		ModelType string `json:"model_type"`
		Class     string `json:"tokenizer_class"`
	}
	for _, file := range []struct {
		name string
		data []byte
		to   any
	}{{"tokenizer_config.json", tokenizerConfig, &c}, {"config.json", modelConfig, &m}} {
		if file.data == nil {
			continue
		}
		if err := json.Unmarshal(file.data, file.to); err != nil {
			return fmt.Errorf("tokenizer: read %s: %w", file.name, err)
		}
	}
	if build := tokenizerClasses[classOf(c.Class, m.Class, m.ModelType)]; build != nil {
		return build(f, c)
	}
	return nil
}

// classConfig is tokenizer_config.json as far as classes read it. A null is as good as
// a missing key.
type classConfig struct {
	Class        string `json:"tokenizer_class"`
	LowerCase    *bool  `json:"do_lower_case"`
	ChineseChars *bool  `json:"tokenize_chinese_chars"`
	StripAccents *bool  `json:"strip_accents"`
}

func (c classConfig) or(value *bool, preset bool) bool {
	if value == nil {
		return preset
	}
	return *value
}

// classOf returns the class that loads a tokenizer.json, without "Fast", or "" for one
// that takes the file as it is: that of tokenizer_config.json, unless the model's
// family has another one; where it names none, config.json's, then the family's.
func classOf(named, byModel, modelType string) string {
	named, byModel = strings.TrimSuffix(named, "Fast"), strings.TrimSuffix(byModel, "Fast")
	family, known := familyClasses[modelType]
	switch {
	case named != "" && known && family != named:
		return ""
	case named != "":
		return named
	case byModel != "":
		return byModel
	}
	return family
}

// familyClasses are the classes of config.json's model_type.
//
// Source: TOKENIZER_MAPPING_NAMES of transformers 5.3.
var familyClasses = func() map[string]string {
	families := map[string]string{}
	for class, list := range map[string]string{
		"BertTokenizer": "align bark bert blip bros chinese_clip convbert distilbert electra ernie flava git grounding-dino layoutlm " +
			"megatron-bert mm-grounding-dino nezha qdqbert realm retribert squeezebert tvp vilt visual_bert",
		"MPNetTokenizer": "mpnet",
	} {
		for _, family := range strings.Fields(list) {
			families[family] = class
		}
	}
	return families
}()

// tokenizerClasses are those that decide by themselves. BERT's other names are the same class.
var tokenizerClasses = map[string]func(*File, classConfig) error{
	"BertTokenizer": (*File).buildBert, "MPNetTokenizer": (*File).buildBert,
	"DistilBertTokenizer": (*File).buildBert, "ElectraTokenizer": (*File).buildBert, "ConvBertTokenizer": (*File).buildBert,
	"SqueezeBertTokenizer": (*File).buildBert, "MobileBertTokenizer": (*File).buildBert, "LayoutLMTokenizer": (*File).buildBert,
	"RetriBertTokenizer": (*File).buildBert, "LxmertTokenizer": (*File).buildBert,
}

// buildBert is the __init__ of BertTokenizer and MPNetTokenizer.
func (f *File) buildBert(c classConfig) error {
	accents := "null"
	if c.StripAccents != nil {
		accents = fmt.Sprint(*c.StripAccents)
	}
	f.replace("normalizer", fmt.Sprintf(`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":%t,"strip_accents":%s,"lowercase":%t}`,
		c.or(c.ChineseChars, true), accents, c.or(c.LowerCase, true)))
	f.replace("pre_tokenizer", `{"type":"BertPreTokenizer"}`)
	return nil
}

// replace sets a component, unless it says the same already.
func (f *File) replace(name, raw string) {
	if c := f.component(name); !sameJSON(*c, []byte(raw)) {
		*c = json.RawMessage(raw)
		f.fields = setField(f.fields, name, nil)
	}
}

// sameJSON reports whether two texts are the same value.
func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// LowerCaseFirst puts a Lowercase normalizer before the file's, unless one is there:
// as such, or in the sequence that is the normalizer.
//
// Source: do_lower_case in sentence-transformers 6.2, Transformer.__init__.
func (f *File) LowerCaseFirst() error {
	const lower = `{"type":"Lowercase"}`
	kind, err := componentType(f.Normalizer, f.at("normalizer"))
	if err != nil {
		return fmt.Errorf("tokenizer: %w", err)
	}
	switch kind {
	case "Lowercase":
		return nil
	case "":
		f.replace("normalizer", `{"type":"Sequence","normalizers":[`+lower+`]}`)
		return nil
	case "Sequence":
	default:
		f.replace("normalizer", `{"type":"Sequence","normalizers":[`+lower+`,`+string(f.Normalizer)+`]}`)
		return nil
	}
	var c struct {
		Normalizers []json.RawMessage `json:"normalizers"`
	}
	if err := json.Unmarshal(f.Normalizer, &c); err != nil {
		return fmt.Errorf("tokenizer: %s: %w", f.at("normalizer"), err)
	}
	list := []json.RawMessage{json.RawMessage(lower)}
	for _, n := range c.Normalizers {
		if kind, err := componentType(n, f.at("normalizer")); err != nil {
			return fmt.Errorf("tokenizer: %w", err)
		} else if kind == "Lowercase" {
			return nil
		}
		list = append(list, n)
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("tokenizer: %s: %w", f.at("normalizer"), err)
	}
	f.replace("normalizer", `{"type":"Sequence","normalizers":`+string(raw)+`}`)
	return nil
}
