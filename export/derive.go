package export

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/static"
)

// Source identifies a model folder, and how it was made itself.
type Source struct {
	Name     string `json:"name,omitempty"`     // a Hub id; never a path
	Revision string `json:"revision,omitempty"` // a commit on the Hub
	// SHA256 are the files that vectors depend on, as in Teacher.
	SHA256 map[string]string `json:"sha256"`
	// Version, Options, Warnings and MadeFrom are those of its manifest, if it had one.
	Version  string         `json:"version,omitempty"`
	Options  map[string]any `json:"options,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
	MadeFrom *Source        `json:"made_from,omitempty"`
}

// specialTokens returns the ids that a model's own files tell.
func specialTokens(m *static.Model) (SpecialTokens, error) {
	s := SpecialTokens{PAD: -1, UNK: -1}
	file, err := m.TokenizerFile()
	if err != nil {
		return s, err
	}
	if token, ok := file.Pad(); ok {
		if id, ok := m.Tokenizer().ID(token); ok {
			s.PAD = int(id)
		}
	}
	if id, ok := m.UnkID(); ok {
		s.UNK = int(id)
	}
	return s, nil
}

// sourceFiles are the files of a model folder, in any layout, that vectors depend on.
var sourceFiles = []string{
	configFile, "config_sentence_transformers.json", modulesFile, tensorsFile, tokenizerFile,
	"0_StaticEmbedding/" + tensorsFile, "0_StaticEmbedding/" + tokenizerFile,
}

// Derive returns the manifest of a model that is made from the one in folder dir by the
// given options and has its tokenizer: what is known of the teacher is handed on, and
// MadeFrom names the folder's files. A folder without a manifest is as good.
func Derive(dir, name, revision string, model *static.Model, options map[string]any) (*Manifest, error) {
	old, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	special, err := specialTokens(model)
	if err != nil {
		return nil, err
	}
	m, from := Manifest{}, &Source{Name: name, Revision: revision, SHA256: map[string]string{}}
	if old != nil {
		m = *old
		from.Version, from.Options, from.Warnings, from.MadeFrom = old.Version, old.Options, old.Warnings, old.MadeFrom
		special.BOS, special.EOS = old.Special.BOS, old.Special.EOS // of the teacher
	}
	for _, name := range sourceFiles {
		sum, _, err := files.SHA256(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		from.SHA256[name] = sum
	}
	m.Tool, m.Version, m.Options, m.Special, m.Warnings, m.MadeFrom = "m2v", Version, options, special, nil, from
	return &m, nil
}
