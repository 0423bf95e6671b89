package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/static"
)

// Version is the tool's version as it stands in manifests. It is part of a model
// folder, so it changes with releases only, never with a commit or a clock.
const Version = "0.1.0"

// Manifest is m2v.json: what a model was made from and how, for those who want
// to make it again. Two runs that make the same model write the same manifest.
type Manifest struct {
	Tool    string  `json:"tool"`    // "m2v"
	Version string  `json:"version"` // of the tool
	Teacher Teacher `json:"teacher"`
	// Options are the switches that change rows, by the names of their flags.
	Options map[string]any `json:"options,omitempty"`
	// Special are the ids of special tokens.
	Special SpecialTokens `json:"special_tokens"`
	// Counts are numbers of tokens: of the teacher's vocabulary, removed from
	// it, added to it.
	Counts map[string]int `json:"counts,omitempty"`
	// ExplainedVariance is the part of the rows' variance, in [0, 1], that is
	// left after the PCA; 0 if there was none.
	ExplainedVariance float64 `json:"explained_variance,omitempty"`
	// ONNXRuntime is the version of the library that ran the teacher; another
	// one may round otherwise.
	ONNXRuntime string `json:"onnx_runtime,omitempty"`
	// Fit tells of the texts that the rows were fitted to; nil without texts.
	Fit      *Fit     `json:"fit,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	// MadeFrom is the model folder that this one was made from; nil for one that was made
	// from a teacher, or from word vectors.
	MadeFrom *Source `json:"made_from,omitempty"`
}

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

// Teacher identifies the model that rows come from.
type Teacher struct {
	Name     string `json:"name,omitempty"`     // a Hub id; never a path
	Revision string `json:"revision,omitempty"` // a commit on the Hub
	// SHA256 are the files that rows depend on, such as onnx/model.onnx and
	// tokenizer.json, by their names in the teacher's folder, in hexadecimal.
	SHA256 map[string]string `json:"sha256,omitempty"`
}

// Fit tells of the texts that rows were fitted to, and how well the student resembles
// its teachers.
type Fit struct {
	// Teachers are those whose vectors of the texts are the targets.
	Teachers []TextTeacher `json:"teachers"`
	Texts    int           `json:"texts"` // N, that count
	// TextsSHA256 identifies all texts: of each its length in bytes, 8 bytes
	// little-endian, and its bytes.
	TextsSHA256 string `json:"texts_sha256"`
	NoTokens    int    `json:"texts_without_tokens,omitempty"` // left out
	BadVectors  int    `json:"bad_vectors,omitempty"`          // zeros or not finite, left out
	TokensSeen  int    `json:"tokens_seen"`                    // tokens that texts hold
	ZeroRows    int    `json:"zero_rows,omitempty"`
	Steps       int    `json:"steps"`
	// Residual is relative to the right-hand side.
	Residual float64 `json:"residual"`
	// Before and After are mean cosines to the teacher on texts that the solve did not
	// see: with the rows as they were, and as a solve on the other texts leaves them. 0
	// where no text was held out.
	HeldOut int     `json:"held_out"`
	Before  float64 `json:"cosine_before"`
	After   float64 `json:"cosine_after"`
}

// TextTeacher is what made the vectors of texts.
type TextTeacher struct {
	Name     string            `json:"name,omitempty"` // a Hub id; never a path
	Revision string            `json:"revision,omitempty"`
	SHA256   map[string]string `json:"sha256,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // modules, max_length, prompt …
	Rows     bool              `json:"rows"`               // it brings rows of the vocabulary, too
}

// SpecialTokens are ids of special tokens: BOS and EOS, which frame a token
// when it runs through the teacher, in the teacher's vocabulary; PAD and UNK in
// the model's, −1 where there is none.
type SpecialTokens struct {
	BOS []int `json:"bos"`
	EOS []int `json:"eos"`
	PAD int   `json:"pad"`
	UNK int   `json:"unk"`
}

// json returns m2v.json, maps by ascending keys.
func (m *Manifest) json() ([]byte, error) {
	plain := *m
	if plain.Special.BOS == nil {
		plain.Special.BOS = []int{}
	}
	if plain.Special.EOS == nil {
		plain.Special.EOS = []int{}
	}
	data, err := compactJSON(plain)
	if err == nil {
		data, err = indent(data, "  ")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	return data, nil
}

// ReadManifest reads the manifest of a model folder. It returns nil and no
// error if the folder has none, as those of other tools.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("export: read %w", err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("export: read %s: %w", path, err)
	}
	return m, nil
}
