package transformer

import (
	"encoding/json"
	"slices"
	"testing"
)

// Configs of users' folders are read or refused; what is read has known modes only, and
// a limit that is not negative.
func FuzzConfigs(f *testing.F) {
	for _, seed := range []string{`{"pooling_mode": ["mean", "cls"], "embedding_dimension": 8}`, `{"pooling_mode_mean_tokens": true, "word_embedding_dimension": 8}`,
		`{"max_seq_length": 8, "do_lower_case": true}`, `{"tokenizer_args": {"model_max_length": null}}`, `{"processing_kwargs": {"text": {"max_length": -3}}}`,
		`{"modality_config": {"text": {"method": "forward", "method_output_name": ["last_hidden_state"]}}, "transformer_task": "feature-extraction"}`, `{"processing_kwargs": {"chat_template": null}}`, `null`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c poolingConfig
		if json.Unmarshal(data, &c) == nil {
			for _, mode := range c.modes {
				if !slices.Contains(poolingModes, mode) {
					t.Errorf("mode %q", mode)
				}
			}
		}
		fields := map[string]json.RawMessage{}
		if json.Unmarshal(data, &fields) != nil {
			return
		}
		if s := new(settings); s.takeSentence(fields) == nil && s.maxLength < 0 {
			t.Errorf("maximal length %d", s.maxLength)
		}
	})
}
