// Package inspect tells what a model's folder is and what is wrong with it. It reads the
// files and runs nothing.
package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// Report is what a folder is. Student or Teacher is nil.
type Report struct {
	Kind      string            `json:"kind"` // "static model" or "teacher"
	Name      string            `json:"name,omitempty"`
	Tokenizer Tokenizer         `json:"tokenizer"`
	Student   *Student          `json:"static,omitempty"`
	Teacher   *transformer.Info `json:"teacher,omitempty"`
	Manifest  *export.Manifest  `json:"manifest,omitempty"` // nil if there is none that can be read
	// Faults make vectors wrong, or a file unreadable for a program that needs it. Warnings
	// are read differently by other programs, or lose something. Neither is nil.
	Faults   []string `json:"faults"`
	Warnings []string `json:"warnings"`
}

// Tokenizer is what tokenizer.json says.
type Tokenizer struct {
	Kind       string  `json:"kind"` // of the model, such as WordPiece
	Tokens     int     `json:"tokens"`
	Added      int     `json:"added_tokens"`
	Unk        string  `json:"unk"` // "" for none
	Pad        string  `json:"pad"`
	Before     []int32 `json:"before"` // ids around a text
	After      []int32 `json:"after"`
	Padding    bool    `json:"padding"`    // a padding section that acts in other programs
	Truncation bool    `json:"truncation"` // a truncation section
}

// Student is what a static model is.
type Student struct {
	Layout    static.Layout              `json:"layout"`
	Rows      int                        `json:"rows"`
	Dims      int                        `json:"dims"`
	Type      string                     `json:"type"`
	Bytes     int                        `json:"bytes"`    // of the rows
	Clusters  bool                       `json:"clusters"` // rows are shared by a mapping
	Weights   bool                       `json:"weights"`  // each token has a weight of its own
	Normalize bool                       `json:"normalize"`
	MaxLength int                        `json:"max_length"` // -1 for none
	Config    map[string]json.RawMessage `json:"config,omitempty"`
}

func (r *Report) fault(format string, a ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, a...))
}

func (r *Report) warn(format string, a ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, a...))
}

// Static reports on the folder of a static model, in any layout. A folder that cannot be opened
// as one is an error.
func Static(dir string) (*Report, error) {
	m, err := static.Open(dir)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	file, err := m.TokenizerFile()
	if err != nil {
		return nil, err
	}
	r := &Report{Kind: "static model", Faults: []string{}, Warnings: []string{}}
	r.readTokenizer(file, m.Tokenizer())
	table, config := m.Table(), m.Config()
	r.Student = &Student{
		Layout: m.Layout(), Rows: table.Rows, Dims: table.Cols, Type: table.Type.String(), Bytes: len(table.Bytes),
		Clusters: m.Mapping() != nil, Weights: m.Weights() != nil,
		Normalize: config.Normalize, MaxLength: config.MaxLength, Config: map[string]json.RawMessage{},
	}
	for _, f := range config.Fields {
		r.Student.Config[f.Key] = f.Value
	}
	if token, value, found := m.NotFinite(); found {
		r.fault("the row of token %q has %v: every text with it has a useless vector", token, value)
	}
	r.Faults = append(r.Faults, m.Faults()...)
	for _, w := range m.Warnings() {
		if !slices.Contains(m.Faults(), w) {
			r.warn("%s", w)
		}
	}
	r.compareConfig(m)
	r.checkModules(dir)
	if r.Manifest, err = export.ReadManifest(dir); err != nil {
		r.fault("m2v.json cannot be read: %v", cause(err))
	}
	return r, nil
}

// Teacher reports on the folder of a teacher; onnxFile names its graph as in
// transformer.FindGraph. A folder without a graph, or with one that cannot be read, is an
// error.
func Teacher(dir, onnxFile string) (*Report, error) {
	info, err := transformer.Inspect(dir, onnxFile)
	if err != nil {
		return nil, teacher.HintGraph(err)
	}
	file, err := teacher.ReadTokenizer(dir)
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.New(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "tokenizer.json"), err)
	}
	r := &Report{Kind: "teacher", Teacher: info, Faults: []string{}, Warnings: []string{}}
	r.readTokenizer(file, tok)
	options := vocab.DefaultOptions()
	if options.Special, err = teacher.ReadSpecial(dir); err != nil {
		return nil, err
	}
	v, err := vocab.Build(file, options)
	if err != nil {
		return nil, err
	}
	if r.Tokenizer.Truncation {
		r.warn("tokenizer.json carries truncation, which shortens texts in programs that let it act; m2v does not")
	}
	if err := info.CheckIDs(v.IDs); err != nil {
		r.fault("%v", err)
	}
	if info.TrainedPooling == "" {
		r.warn("nothing says how the teacher pools (1_Pooling/config.json)")
	}
	r.compareWidth(dir, info)
	r.Warnings = append(r.Warnings, v.Warnings...)
	return r, nil
}

func (r *Report) readTokenizer(f *tokenizer.File, tok *tokenizer.Tokenizer) {
	t := Tokenizer{
		Kind: f.Model.Kind, Tokens: tok.Size(), Added: len(f.AddedTokens),
		Padding: acts(f.Padding), Truncation: f.Truncation != nil,
	}
	t.Before, t.After = tok.SpecialTokens()
	t.Pad, _ = f.Pad()
	if id, ok := tok.UnkID(); ok {
		t.Unk, _ = tok.Token(id)
	} else {
		r.warn("the vocabulary has no unknown token: text that no token covers is left out")
	}
	if t.Padding {
		r.warn("tokenizer.json carries padding, which changes vectors in programs that let it act; m2v does not")
	}
	r.Tokenizer = t
}

// acts tells whether a padding section would pad anything: students carry one
// to Fixed 0, which does not.
func acts(padding json.RawMessage) bool {
	var section struct {
		Strategy json.RawMessage `json:"strategy"`
	}
	if padding == nil || json.Unmarshal(padding, &section) != nil {
		return padding != nil
	}
	var fixed struct{ Fixed *int }
	return json.Unmarshal(section.Strategy, &fixed) != nil || fixed.Fixed == nil || *fixed.Fixed > 0
}

// cause leaves the path out of an error of a file of the folder.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return files.Bare(inner)
	}
	return err
}
