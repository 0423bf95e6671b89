package transformer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/tokenizer"
)

// OpenTokenizer reads and compiles the tokenizer that the teacher's texts go through:
// tokenizer.json, with what tokenizer_config.json and the Transformer's settings change
// in it. The file is the one before the settings' lower case: a vocabulary is made of it.
func (i *Info) OpenTokenizer() (*tokenizer.File, *tokenizer.Tokenizer, error) {
	folder := filepath.Join(i.dir, filepath.FromSlash(i.Folder))
	path := filepath.Join(folder, "tokenizer.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("transformer: read tokenizer: %w", err)
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		return nil, nil, fmt.Errorf("transformer: read %s: %w", path, err)
	}
	var configs [2][]byte
	for k, name := range []string{"tokenizer_config.json", "config.json"} {
		if configs[k], err = os.ReadFile(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("transformer: read tokenizer: %w", err)
		}
	}
	if err := file.ApplyConfig(configs[0], configs[1]); err != nil {
		return nil, nil, fmt.Errorf("transformer: read tokenizer in %s: %w", folder, err)
	}
	texts := file
	if i.LowerCase {
		texts = file.Clone()
		if err := texts.LowerCaseFirst(); err != nil {
			return nil, nil, fmt.Errorf("transformer: read %s: %w", path, err)
		}
	}
	tok, err := tokenizer.New(texts)
	if err != nil {
		return nil, nil, fmt.Errorf("transformer: read %s: %w", path, err)
	}
	return file, tok, nil
}
