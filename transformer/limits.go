package transformer

import "fmt"

// defaultMaxLength is where texts are cut if neither the files nor the graph say,
// unless there is a modules.json: then the files say that there is no limit.
const defaultMaxLength = 512

// familyPositions is max_position_embeddings where config.json does not say it.
//
// Source: the configuration classes of transformers 5.3.
var familyPositions = map[string]int{
	"bert": 512, "roberta": 512, "xlm-roberta": 512, "xlm-roberta-xl": 514, "camembert": 512, "mpnet": 512, "distilbert": 512, "electra": 512, "albert": 512,
	"deberta": 512, "deberta-v2": 512, "mobilebert": 512, "longformer": 512, "modernbert": 8192, "gpt2": 1024,
	"qwen2": 32768, "qwen3": 32768, "gemma": 8192, "gemma2": 8192, "gemma3_text": 131072, "llama": 2048,
}

// textLength returns where sentence-transformers cuts texts, in tokens, special
// tokens included; 0 for no limit. The Transformer module's own setting comes first,
// else the lower one of tokenizer_config.json's model_max_length and config.json's
// max_position_embeddings counts.
//
// Source: sentence-transformers 6.2, Transformer.__init__.
func (s *settings) textLength(c modelConfig) int {
	most := c.MaxPositions
	if most == 0 {
		most = familyPositions[c.ModelType]
	}
	switch {
	case s.maxLength > 0:
		return s.maxLength
	case s.modelMax == 0 || most > 0 && most < s.modelMax:
		return max(most, 0)
	default:
		return s.modelMax
	}
}

// graphLength is the longest sequence that the graph takes, 0 for no limit.
func (i *Info) graphLength() int {
	most := i.Positions
	if _, fixed := i.fixed(); fixed > 0 && (most == 0 || fixed < most) {
		most = fixed
	}
	return most
}

// limit returns where texts are cut if the user asks for want, 0 for no wish; the
// result is 0 where there is no limit.
func (i *Info) limit(want int) int {
	most := i.graphLength()
	if want == 0 {
		want = i.MaxLength
	}
	switch {
	case want == 0 && most == 0 && !i.listed:
		return defaultMaxLength
	case want == 0 || most > 0 && want > most:
		return most
	}
	return want
}

// limitWarning says that the files ask for more than the graph takes.
func (i *Info) limitWarning() []string {
	if most := i.graphLength(); i.settings.maxLength > 0 && most > 0 && i.settings.maxLength > most {
		return []string{fmt.Sprintf("%s asks for texts of %d tokens, and the graph takes %d: texts are cut there", i.settings.sentence, i.settings.maxLength, most)}
	}
	return nil
}
