package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// poolingModes are sentence-transformers' modes.
var poolingModes = []string{"cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"}

// poolingSwitches are the keys that older versions write in place of
// "pooling_mode", in the order in which their vectors stand side by side.
var poolingSwitches = []struct{ key, mode string }{
	{"pooling_mode_cls_token", "cls"}, {"pooling_mode_max_tokens", "max"}, {"pooling_mode_mean_tokens", "mean"},
	{"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"}, {"pooling_mode_weightedmean_tokens", "weightedmean"},
	{"pooling_mode_lasttoken", "lasttoken"},
}

// poolingConfig is the config.json of a Pooling module.
type poolingConfig struct {
	modes         []string // at least one; their vectors stand side by side
	includePrompt bool
	dimension     int // of a position's state, 0 if the file does not say
}

// UnmarshalJSON reads any of its forms: a mode by name, a list of them, or the old
// switches. It refuses modes and keys that sentence-transformers 6.2 does not know.
//
// Source: sentence-transformers 6.2, sentence_transformer/modules/pooling.py.
func (c *poolingConfig) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*c = poolingConfig{includePrompt: true}
	for _, s := range poolingSwitches {
		var on bool
		if err := take(fields, s.key, &on); err != nil {
			return err
		}
		if on {
			c.modes = append(c.modes, s.mode)
		}
	}
	if raw, ok := fields["pooling_mode"]; ok {
		c.modes = nil
		var one string
		if json.Unmarshal(raw, &one) == nil && string(raw) != "null" {
			c.modes = []string{one}
		} else if err := json.Unmarshal(raw, &c.modes); err != nil || len(c.modes) == 0 {
			return fmt.Errorf("pooling_mode %s is not a mode or a list of modes", raw)
		}
		delete(fields, "pooling_mode")
	}
	if len(c.modes) == 0 {
		c.modes = []string{"mean"}
	}
	for _, mode := range c.modes {
		if !slices.Contains(poolingModes, mode) {
			return fmt.Errorf("pooling mode %q is not one of %s", mode, strings.Join(poolingModes, ", "))
		}
	}
	var old int
	for key, to := range map[string]any{"include_prompt": &c.includePrompt, "embedding_dimension": &c.dimension, "word_embedding_dimension": &old} {
		if err := take(fields, key, to); err != nil {
			return err
		}
	}
	if c.dimension == 0 {
		c.dimension = old
	}
	return unknown(fields)
}

// take reads a key into v, and takes it out of fields.
func take(fields map[string]json.RawMessage, key string, v any) error {
	raw, ok := fields[key]
	if !ok {
		return nil
	}
	delete(fields, key)
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// unknown refuses keys that are left.
func unknown(fields map[string]json.RawMessage) error {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		return fmt.Errorf("%q: sentence-transformers 6.2 has no such setting", key)
	}
	return nil
}

// name is the modes as one word.
func (c poolingConfig) name() string { return strings.Join(c.modes, "+") }

// pooling is the same as a Pooling, "" if none fits.
func (c poolingConfig) pooling() Pooling {
	switch c.name() {
	case "mean":
		return Mean
	case "cls":
		return First
	case "lasttoken":
		return Last
	}
	return ""
}

// addPooling compiles a Pooling module. Where modules.json is missing, its config
// may be missing, too.
func (p *pipeline) addPooling(m module) error {
	var config poolingConfig
	if err := p.config(m, &config); err != nil && !p.unlisted {
		return err
	} else if len(config.modes) == 0 { // unlisted, and not there
		config = poolingConfig{modes: []string{"mean"}, includePrompt: true}
	}
	return p.addModes(m, config)
}

// addModes compiles a Pooling module of the given modes.
func (p *pipeline) addModes(m module, config poolingConfig) error {
	if p.pooled { // by the graph
		return nil
	}
	if p.override == Pooler {
		return errors.New("the graph itself computes pooling pooler: open the teacher with it")
	}
	f, err := p.read(tokenEmbeddings)
	if err != nil {
		return err
	}
	if config.dimension != 0 && config.dimension != f.width {
		p.warnings = append(p.warnings, fmt.Sprintf("%s: the embedding dimension is %d, and states of %d values come in", m.file("config.json"), config.dimension, f.width))
	}
	name, width := config.name(), len(config.modes)*f.width
	first := name == "cls"
	if p.override != "" {
		name, width, first = string(p.override), f.width, p.override == First
	}
	p.first = p.first && first && config.includePrompt
	skip := ""
	if !config.includePrompt {
		skip = " without the prompt"
	}
	p.add(sentenceEmbedding, feature{width: width}, "Pooling "+name+skip, func(w *work) {
		states := w.values[tokenEmbeddings][:w.length*f.width]
		prompt := 0
		if !config.includePrompt {
			prompt = min(w.prompt, w.length)
		}
		pooled := make([]float32, width)
		if len(w.sum) < f.width {
			w.sum = make([]float64, f.width)
		}
		if p.override != "" {
			p.override.poolText(pooled, states, w.length, prompt, w.own, w.sum[:f.width])
		} else {
			for k, mode := range config.modes {
				poolMode(mode, pooled[k*f.width:(k+1)*f.width], states, prompt, w.sum[:f.width])
			}
		}
		w.count(makeFinite(pooled))
		w.values[sentenceEmbedding] = pooled
	})
	return nil
}

// poolText is pool, with a mode of sentence-transformers where there is one: a
// prompt may be left out.
func (p Pooling) poolText(dst, states []float32, length, prompt int, own SpecialTokens, sum []float64) {
	switch p {
	case Mean:
		poolMode("mean", dst, states, prompt, sum)
	case First:
		poolMode("cls", dst, states, prompt, sum)
	case Last:
		poolMode("lasttoken", dst, states, prompt, sum)
	default:
		p.pool(dst, states, length, own, sum)
	}
}

// poolMode writes the vector of one mode to dst (H). states holds T×H, of which the
// first prompt positions do not count. If none is left, max gives -Inf, cls the very
// first state and the others zeros, as in sentence-transformers.
func poolMode(mode string, dst, states []float32, prompt int, sum []float64) {
	h := len(dst)
	length := len(states) / h
	own := states[prompt*h:]
	switch mode {
	case "cls":
		if len(own) == 0 {
			own = states
		}
		copy(dst, own[:h])
	case "lasttoken":
		clear(dst)
		if len(own) > 0 {
			copy(dst, states[(length-1)*h:])
		}
	case "max":
		for j := range dst {
			dst[j] = float32(math.Inf(-1))
			for at := j; at < len(own); at += h {
				dst[j] = max(dst[j], own[at])
			}
		}
	default:
		weighted := mode == "weightedmean"
		clear(sum)
		total := 0.0
		for at := 0; at < len(own); at += h {
			weight := 1.0
			if weighted {
				weight = float64(prompt + at/h + 1)
			}
			total += weight
			for j, v := range own[at : at+h] {
				sum[j] += weight * float64(v)
			}
		}
		total = max(total, 1e-9)
		if mode == "mean_sqrt_len_tokens" {
			total = math.Sqrt(total)
		}
		for j, v := range sum {
			dst[j] = float32(v / total)
		}
	}
}
