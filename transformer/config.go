package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// readJSON reads name in folder dir into v, and leaves v as it is if there is
// no such file.
func readJSON(dir, name string, v any) error {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("transformer: read config: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("transformer: read %s: %w", filepath.Join(dir, name), err)
	}
	return nil
}

// modelConfig is config.json, as far as it tells about the graph. The width goes
// by the names that the families of models give to it.
type modelConfig struct {
	ModelType    string `json:"model_type"`
	HiddenSize   int    `json:"hidden_size"`
	Dim          int    `json:"dim"`     // DistilBERT
	DModel       int    `json:"d_model"` // T5
	NEmbd        int    `json:"n_embd"`  // GPT-2
	MaxPositions int    `json:"max_position_embeddings"`
}

func (c modelConfig) width() int {
	for _, w := range []int{c.HiddenSize, c.DModel, c.Dim, c.NEmbd} {
		if w > 0 {
			return w
		}
	}
	return 0
}

// offsetPositions are the families that count positions from padding's id + 1 = 2
// on, so that two rows of their table are no positions.
var offsetPositions = map[string]bool{
	"roberta": true, "xlm-roberta": true, "camembert": true, "mpnet": true, "longformer": true, "xlm-roberta-xl": true,
}

// limit turns a number of rows of the position table into the longest sequence.
func (c modelConfig) limit(rows int) int {
	if offsetPositions[c.ModelType] && rows > 2 {
		return rows - 2
	}
	return rows
}

// module is an entry of modules.json: one step of a Sentence Transformer.
type module struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

// kind is the class's own name, such as "Pooling".
func (m module) kind() string { return m.Type[strings.LastIndexByte(m.Type, '.')+1:] }

func readModules(dir string) ([]module, error) {
	var modules []module
	if err := readJSON(dir, "modules.json", &modules); err != nil {
		return nil, err
	}
	for _, m := range modules {
		if m.Path != "" && !filepath.IsLocal(filepath.FromSlash(m.Path)) {
			return nil, fmt.Errorf("transformer: read %s: module path %q leads out of the folder", filepath.Join(dir, "modules.json"), m.Path)
		}
	}
	return modules, nil
}

// poolingConfig is 1_Pooling/config.json, in the form of switches and in the
// newer one with a name.
type poolingConfig struct {
	Mode         string `json:"pooling_mode"`
	CLS          bool   `json:"pooling_mode_cls_token"`
	Mean         bool   `json:"pooling_mode_mean_tokens"`
	Max          bool   `json:"pooling_mode_max_tokens"`
	MeanSqrt     bool   `json:"pooling_mode_mean_sqrt_len_tokens"`
	WeightedMean bool   `json:"pooling_mode_weightedmean_tokens"`
	Last         bool   `json:"pooling_mode_lasttoken"`
}

// names lists the modes that are on, by sentence-transformers' names.
func (c poolingConfig) names() []string {
	if c.Mode != "" {
		return []string{c.Mode}
	}
	var names []string
	for _, mode := range []struct {
		on   bool
		name string
	}{{c.CLS, "cls"}, {c.Mean, "mean"}, {c.Max, "max"}, {c.MeanSqrt, "mean_sqrt_len_tokens"}, {c.WeightedMean, "weightedmean"}, {c.Last, "lasttoken"}} {
		if mode.on {
			names = append(names, mode.name)
		}
	}
	return names
}

// readPooling returns the name of the pooling that the teacher was trained with,
// as its files give it ("" if they do not), and the same as a Pooling ("" if
// there is none that fits).
func readPooling(dir string, modules []module) (name string, p Pooling, err error) {
	folder := "1_Pooling"
	for _, m := range modules {
		if m.kind() == "Pooling" {
			folder = m.Path
		}
	}
	var c poolingConfig
	if err := readJSON(dir, folder+"/config.json", &c); err != nil {
		return "", "", err
	}
	name = strings.Join(c.names(), "+")
	switch name {
	case "mean":
		p = Mean
	case "cls":
		p = First
	case "lasttoken":
		p = Last
	}
	return name, p, nil
}
