package transformer

import (
	"fmt"
	"path/filepath"

	"github.com/m2v-dev/m2v/tokenizer"
)

// OpenTokenizer reads and compiles the tokenizer that the teacher's texts go through:
// tokenizer.json, with what tokenizer_config.json and the Transformer's settings change
// in it. The file is the one before the settings' lower case: a vocabulary is made of it.
func (i *Info) OpenTokenizer() (*tokenizer.File, *tokenizer.Tokenizer, error) {
	path := filepath.Join(i.dir, filepath.FromSlash(i.Folder), "tokenizer.json")
	file, err := tokenizer.ReadConfigured(path)
	if err != nil {
		return nil, nil, fmt.Errorf("transformer: %w", err)
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
