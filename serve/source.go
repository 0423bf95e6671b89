package serve

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/static"
)

// A Source is a model to serve: the name that requests call it by, and how it is opened,
// now and at each Reload. A Handler closes what it opened.
type Source struct {
	Name string
	Open func(context.Context) (*static.Model, error)
}

// Folder is the static model in a folder.
func Folder(name, dir string) Source {
	return Source{name, func(context.Context) (*static.Model, error) { return static.Open(dir) }}
}

// Named is the model that an argument names: NAME=MODEL, or MODEL, which is called by the
// folder's own name or as it stands. open opens MODEL.
func Named(arg string, open func(ctx context.Context, model string) (*static.Model, error)) Source {
	name, ref, ok := strings.Cut(arg, "=")
	if !ok {
		name, ref = arg, arg
		if info, err := os.Stat(ref); err == nil && info.IsDir() {
			if abs, err := filepath.Abs(ref); err == nil { // "." has a name too
				name = filepath.Base(abs)
			}
		}
	}
	return Source{name, func(ctx context.Context) (*static.Model, error) { return open(ctx, ref) }}
}

// ReadKeys reads API keys from a file, with spaces or line breaks between them.
func ReadKeys(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("serve: keys: %w", err)
	}
	keys := strings.Fields(string(data))
	if len(keys) == 0 {
		return nil, fmt.Errorf("serve: keys: %s has no key", path)
	}
	return keys, nil
}
