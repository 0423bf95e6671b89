package portable

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/static"
)

// Form is what a model is written as.
type Form string

// The forms.
const (
	ONNX     Form = "onnx"     // onnx/model.onnx, tokenizer.json, tokenizer_config.json, config.json
	Word2Vec Form = "word2vec" // vectors.txt: word2vec's text form
	NPY      Form = "npy"      // vectors.npy, V×D float32, and tokens.json, V strings
)

// Forms lists the forms in the order in which help texts name them.
var Forms = []Form{ONNX, Word2Vec, NPY}

// String returns the name, such as "onnx".
func (f Form) String() string { return string(f) }

// Set parses a name, so that a *Form is a command-line flag.
func (f *Form) Set(name string) error {
	names := make([]string, len(Forms))
	for i, known := range Forms {
		if name == string(known) {
			*f = known
			return nil
		}
		names[i] = string(known)
	}
	return fmt.Errorf("form %q is not one of %s", name, strings.Join(names, ", "))
}

// Type names the flag's kind of value in help texts.
func (f *Form) Type() string { return "form" }

// Options changes what is written. The zero value is a model's own folder.
type Options struct {
	// Force replaces a folder of the same form that is already there.
	Force bool
	// Head is a classifier's head, which the graph of ONNX ends in; nil for vectors.
	// The other forms have no place for one.
	Head *Head
	// Manifest is m2v.json, such as export.Derive gives; nil for a folder without one.
	Manifest *export.Manifest
}

// The names of a folder's files, by form.
const (
	graphFile           = "onnx/model.onnx"
	tokenizerFile       = "tokenizer.json"
	tokenizerConfigFile = "tokenizer_config.json"
	configFile          = "config.json"
	wordsFile           = "vectors.txt"
	arrayFile           = "vectors.npy"
	tokensFile          = "tokens.json"
)

var formNames = map[Form][]string{
	ONNX:     {"onnx", tokenizerFile, tokenizerConfigFile, configFile, export.ManifestFile, "README.md", ".gitattributes"},
	Word2Vec: {wordsFile, export.ManifestFile},
	NPY:      {arrayFile, tokensFile, export.ManifestFile},
}

// Target returns how a folder of the form is written by package export, whose Check
// tells in advance whether dir can be.
func (o Options) Target(f Form) export.Options {
	return export.Options{Force: o.Force, Names: formNames[f]}
}

// Write writes m to the folder dir in a form: all of the folder or nothing, as
// export.Write does. Two runs on the same model write the same bytes. It returns what the
// user should know about what the form cannot say, a sentence each.
func Write(ctx context.Context, dir string, m *static.Model, form Form, o Options) (warnings []string, err error) {
	write, ok := map[Form]func(folder, *static.Model, Options) ([]string, error){
		ONNX: writeONNX, Word2Vec: writeWord2Vec, NPY: writeNPY,
	}[form]
	if !ok {
		return nil, fmt.Errorf("portable: write %s: form %q is not one of %v", dir, form, Forms)
	}
	if o.Head != nil && form != ONNX {
		return nil, fmt.Errorf("portable: write %s: %s has no place for a classifier's head: write onnx", dir, form)
	}
	err = export.WriteFolder(ctx, dir, func(path string) error {
		f := folder{ctx, path}
		warnings, err = write(f, m, o)
		if err == nil && o.Manifest != nil {
			var data []byte
			if data, err = o.Manifest.JSON(); err == nil {
				err = f.data(export.ManifestFile, data)
			}
		}
		if err != nil {
			return fmt.Errorf("portable: write %s: %w", dir, err)
		}
		return nil
	}, o.Target(form))
	return warnings, err
}

// folder is the folder that is written to, which is empty at first.
type folder struct {
	ctx  context.Context
	path string
}

// create makes a file, given its slash-separated name, and the folder that it is in.
func (f folder) create(name string, fill func(io.Writer) error) error {
	path := filepath.Join(f.path, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return files.Bare(err)
	}
	return export.CreateFile(f.ctx, path, fill)
}

func (f folder) data(name string, data []byte) error {
	return f.create(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// json writes v on lines of its own, with no character escaped for HTML's sake.
func (f folder) json(name string, v any) error {
	return f.create(name, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}
