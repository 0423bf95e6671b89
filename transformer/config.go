package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
)

// readJSON reads name in folder dir into v, and leaves v as it is if there is
// no such file.
func readJSON(dir, name string, v any) error {
	_, err := findJSON(dir, name, v)
	return err
}

// findJSON is readJSON that tells whether the file is there.
func findJSON(dir, name string, v any) (found bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("transformer: read config: %w", err)
	}
	if files.IsPointer(data) {
		return true, fmt.Errorf("transformer: read %s: a Git LFS pointer, not the file itself: git lfs pull fetches it", filepath.Join(dir, filepath.FromSlash(name)))
	}
	if err := json.Unmarshal(data, v); err != nil {
		return true, fmt.Errorf("transformer: read %s: %w", filepath.Join(dir, filepath.FromSlash(name)), err)
	}
	return true, nil
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
	NPositions   int    `json:"n_positions"` // GPT-2, of which it is max_position_embeddings
	PadTokenID   *int   `json:"pad_token_id"`
}

// readModelConfig reads config.json of the folder that holds the Transformer.
func readModelConfig(dir, folder string) (modelConfig, error) {
	var c modelConfig
	err := readJSON(dir, path.Join(folder, "config.json"), &c)
	if c.MaxPositions == 0 && c.ModelType == "gpt2" {
		c.MaxPositions = c.NPositions
	}
	return c, err
}

func (c modelConfig) width() int {
	for _, w := range []int{c.HiddenSize, c.DModel, c.Dim, c.NEmbd} {
		if w > 0 {
			return w
		}
	}
	return 0
}
