package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	// Provider is the execution provider that the teacher ran on, such as "cuda"; "" for
	// the CPU.
	Provider string `json:"provider,omitempty"`
	// Rewriting is how the teacher's graph was rewritten before it ran, such as
	// "skip-layer-norm"; "" for a graph that ran as it was exported.
	Rewriting string `json:"graph_rewriting,omitempty"`
	// Fit tells of the texts that the rows were fitted to; nil without texts.
	Fit *Fit `json:"fit,omitempty"`
	// Training tells of a training on texts; nil without one.
	Training *Training `json:"training,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	// MadeFrom is the model folder that this one was made from; nil for one that was made
	// from a teacher, or from word vectors.
	MadeFrom *Source `json:"made_from,omitempty"`
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
	Empty       int    `json:"empty,omitempty"`                // of white space alone, left out
	Duplicates  int    `json:"duplicates,omitempty"`           // that came twice, left out
	Skipped     int    `json:"skipped,omitempty"`              // records that hold no text
	NoTokens    int    `json:"texts_without_tokens,omitempty"` // left out
	BadVectors  int    `json:"bad_vectors,omitempty"`          // zeros or not finite, left out
	TokensSeen  int    `json:"tokens_seen"`                    // tokens that texts hold
	ZeroRows    int    `json:"zero_rows,omitempty"`
	Words       int    `json:"words,omitempty"`   // whole words of the texts that were given rows
	Phrases     int    `json:"phrases,omitempty"` // of two words, likewise
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

// JSON returns m2v.json, maps by ascending keys.
func (m *Manifest) JSON() ([]byte, error) {
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
