package tokenizer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// ReadConfigured reads the tokenizer.json at path as ApplyConfig changes it, by the
// tokenizer_config.json and the config.json beside it, where they are.
func ReadConfigured(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: read: %w", err)
	}
	f, err := ParseFile(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: read %s: %w", path, unprefixed{err})
	}
	var configs [2][]byte
	for k, name := range []string{"tokenizer_config.json", "config.json"} {
		configs[k], err = os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("tokenizer: read: %w", err)
		}
	}
	if err := f.ApplyConfig(configs[0], configs[1]); err != nil {
		return nil, fmt.Errorf("tokenizer: read %s: %w", path, unprefixed{err})
	}
	return f, nil
}

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
	class := classOf(c.Class, m.Class, m.ModelType)
	if build := tokenizerClasses[class]; build != nil {
		if err := build(f, c); err != nil {
			return err
		}
	}
	return f.addSpecials(class, tokenizerConfig)
}

// classConfig is tokenizer_config.json as far as classes read it. A null is as good as
// a missing key.
type classConfig struct {
	Class          string    `json:"tokenizer_class"`
	LowerCase      *bool     `json:"do_lower_case"`
	ChineseChars   *bool     `json:"tokenize_chinese_chars"`
	StripAccents   *bool     `json:"strip_accents"`
	KeepAccents    *bool     `json:"keep_accents"`
	AddPrefixSpace *bool     `json:"add_prefix_space"`
	SplitByPunct   *bool     `json:"split_by_punct"`
	BOS            tokenName `json:"bos_token"`
	EOS            tokenName `json:"eos_token"`
	CLS            tokenName `json:"cls_token"`
	SEP            tokenName `json:"sep_token"`
	Unk            tokenName `json:"unk_token"`
	UnkID          *int      `json:"unk_id"`
}

// tokenName is a token's content, in either of its forms.
type tokenName string

// UnmarshalJSON reads "x" or {"content": "x", …}.
func (n *tokenName) UnmarshalJSON(raw []byte) error {
	var object struct{ Content string }
	if json.Unmarshal(raw, &object) == nil && object.Content != "" {
		*n = tokenName(object.Content)
		return nil
	}
	return json.Unmarshal(raw, (*string)(n))
}

// or returns the name, or preset where there is none.
func (n tokenName) or(preset string) string { return cmp.Or(string(n), preset) }

// or returns a switch's value, or preset where there is none.
func or(value *bool, preset bool) bool {
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
	family, known := familyClasses()[modelType]
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
var familyClasses = sync.OnceValue(func() map[string]string {
	families := map[string]string{}
	for class, list := range map[string]string{
		"BertTokenizer": "align bark bert blip bros chinese_clip convbert distilbert electra ernie flava git grounding-dino layoutlm " +
			"megatron-bert mm-grounding-dino nezha qdqbert realm retribert squeezebert tvp vilt visual_bert",
		"MPNetTokenizer":      "mpnet",
		"RobertaTokenizer":    "bart bridgetower clap data2vec-text ibert lilt longformer mega mra roberta roberta-prelayernorm",
		"XLMRobertaTokenizer": "kosmos-2 metaclip_2 trocr xlm-roberta xlm-roberta-xl xmod",
		"T5Tokenizer":         "mt5 musicgen musicgen_melody pix2struct switch_transformers t5 umt5",
		"DebertaV2Tokenizer":  "deberta-v2",
		"Qwen2Tokenizer": "audioflamingo3 colqwen2 internvl ovis2 qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl qwen3 qwen3_moe " +
			"qwen3_next qwen3_omni_moe qwen3_vl qwen3_vl_moe",
		"GemmaTokenizer": "gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma shieldgemma2 t5gemma",
		"GPT2Tokenizer": "blip-2 codegen dbrx emu3 flex_olmo gpt2 gpt_bigcode gpt_neo gptj granite granitemoe granitemoehybrid granitemoeshared " +
			"instructblip instructblipvideo jais2 opt phi starcoder2",
		"AlbertTokenizer":    "albert nystromformer yoso",
		"CamembertTokenizer": "camembert",
		// These are not built here: their class counts only where it is another one.
		"DebertaTokenizer": "deberta", "GPTNeoXTokenizer": "falcon_mamba gpt_neox mamba mamba2 mpt olmo olmo2 olmoe rwkv stablelm xlstm",
		"LlamaTokenizer": "idefics idefics2", "XLNetTokenizer": "xlnet", "CLIPTokenizer": "clip siglip2", "BigBirdTokenizer": "big_bird",
		"MBartTokenizer": "mbart", "FunnelTokenizer": "funnel", "RemBertTokenizer": "rembert", "RoFormerTokenizer": "roformer", "FNetTokenizer": "fnet",
		"MobileBertTokenizer": "mobilebert", "LxmertTokenizer": "lxmert", "CohereTokenizer": "cohere cohere2", "PegasusTokenizer": "pegasus",
	} {
		for _, family := range strings.Fields(list) {
			families[family] = class
		}
	}
	return families
})

// tokenizerClasses are those that decide by themselves. BERT's other names are the same
// class.
var tokenizerClasses = map[string]func(*File, classConfig) error{
	"BertTokenizer": (*File).buildBert, "MPNetTokenizer": (*File).buildBert,
	"DistilBertTokenizer": (*File).buildBert, "ElectraTokenizer": (*File).buildBert, "ConvBertTokenizer": (*File).buildBert,
	"SqueezeBertTokenizer": (*File).buildBert, "MobileBertTokenizer": (*File).buildBert, "LayoutLMTokenizer": (*File).buildBert,
	"RetriBertTokenizer": (*File).buildBert, "LxmertTokenizer": (*File).buildBert,
	"RobertaTokenizer": (*File).buildRoberta, "XLMRobertaTokenizer": (*File).buildXLMRoberta, "T5Tokenizer": (*File).buildT5,
	"DebertaV2Tokenizer": (*File).buildDebertaV2, "Qwen2Tokenizer": (*File).buildQwen2, "GemmaTokenizer": (*File).buildGemma,
	"GPT2Tokenizer": (*File).buildGPT2, "AlbertTokenizer": (*File).buildAlbert, "CamembertTokenizer": (*File).buildCamembert,
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
