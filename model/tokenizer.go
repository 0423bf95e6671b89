package model

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/tokenizer"
)

// tokenizerFiles are where a model may keep its tokenizer.
var tokenizerFiles = []string{"tokenizer.json", "0_StaticEmbedding/tokenizer.json"}

// OpenTokenizer opens a tokenizer.json that is named itself, or that of a model's folder or
// a Hub id. Of o it takes Find and Revision.
func OpenTokenizer(ctx context.Context, ref string, o Options) (*tokenizer.Tokenizer, error) {
	if info, err := os.Stat(ref); err == nil && !info.IsDir() {
		if o.Revision != "" {
			return nil, fault.Option("revision", o.Revision, ": %s is a local file, which has no revisions", ref)
		}
		return tokenizer.Open(ref)
	}
	folder, err := o.Find.Find(ctx, ref, o.Revision, []hub.Want{{Any: tokenizerFiles}})
	if err != nil {
		return nil, err
	}
	for _, name := range tokenizerFiles {
		path := filepath.Join(folder.Dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return tokenizer.Open(path)
		}
	}
	return nil, fault.Hint(fmt.Errorf("tokenize %s: %w", filepath.Join(ref, tokenizerFiles[0]), fs.ErrNotExist),
		"give a model's folder, a tokenizer.json or a Hub id")
}
