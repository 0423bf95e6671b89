// Package teacher knows what a teacher's folder says: its graph, its special tokens,
// the vocabulary that a student gets of it, the hashes of the files that its vectors
// depend on. Of all that it gives the rows of the vocabulary, and the vectors of texts.
//
// Read does all that can be done without running the graph, so that whatever does not
// fit is refused before the long forward pass.
package teacher

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// Options say which rows a teacher gives: which tokens, and how each becomes a vector.
type Options struct {
	ONNXFile string // the graph, in the teacher's folder; "" finds it by its usual names

	Source  transformer.Source
	Pooling transformer.Pooling // of output rows
	// Vocab says which tokens have rows. Its Special is read from the folder.
	Vocab vocab.Options
	// WordsFile holds the user's own words, one a line, where Vocab.Words is nil.
	WordsFile string
	// BatchSize is the number of sequences that run at once; 0 leaves the choice to
	// the graph.
	BatchSize int
	// AllowNaN makes rows of a teacher many of whose outputs are NaN or infinite; see
	// NonFiniteError.
	AllowNaN bool
}

// DefaultOptions returns the reference's defaults: mean-pooled outputs of the whole
// vocabulary.
func DefaultOptions() Options {
	return Options{Source: transformer.Output, Pooling: transformer.Mean, Vocab: vocab.DefaultOptions()}
}

// A Teacher is all that is known of a teacher before it runs.
type Teacher struct {
	Folder     hub.Folder
	Options    Options // as they act: of input rows no special tokens stand around a token
	Info       *transformer.Info
	Tokenizer  TokenizerFacts
	Vocabulary *vocab.Vocabulary // V
	// SHA256 are the files that rows depend on, by their names in the folder.
	SHA256 map[string]string
	// WordsSHA256 is that of the user's words, a word a line; "" without words.
	WordsSHA256 string
}

// TokenizerFacts describe the teacher's tokenizer.json.
type TokenizerFacts struct {
	Kind       string
	Padding    bool // baked in; it never acts
	Truncation bool
}

// Read reads the teacher in folder, builds the vocabulary that o asks for, and checks
// that the two fit.
func Read(folder hub.Folder, o Options) (*Teacher, error) {
	if static.IsModel(folder.Dir) {
		return nil, fault.Hint(fmt.Errorf("%s is a static model already", folder), "m2v quantize makes it smaller; distill takes a teacher with a graph")
	}
	info, err := Inspect(folder.Dir, o.ONNXFile)
	if err != nil {
		return nil, err
	}
	if o.Source == transformer.Input {
		o.Vocab.SpecialTokens = vocab.NoSpecialTokens
	}
	t := &Teacher{Folder: folder, Options: o, Info: info}
	if err := t.checkSource(); err != nil {
		return nil, err
	}
	if err := t.buildVocabulary(filepath.Join(folder.Dir, filepath.FromSlash(info.Folder)), "tokenizer.json"); err != nil { // V tokens and their ids
		return nil, err
	}
	if err := info.CheckIDs(t.Vocabulary.IDs); err != nil {
		return nil, err
	}
	t.SHA256, err = hashFiles(folder.Dir, info)
	return t, err
}

// Inspect is transformer.Inspect, with the next step where there is no graph.
func Inspect(dir, onnxFile string) (*transformer.Info, error) {
	info, err := transformer.Inspect(dir, onnxFile)
	return info, HintGraph(err)
}

// HintGraph adds the next step to an error that says that a folder has no graph.
func HintGraph(err error) error {
	var missing *transformer.NoGraphError
	if !errors.As(err, &missing) {
		return err
	}
	if len(missing.Others) > 0 {
		return fault.Hint(err, "choose one with --onnx-file %s", slices.Min(missing.Others))
	}
	return fault.Hint(err, "export the teacher to ONNX: optimum-cli export onnx --model NAME DIR")
}

// With returns the teacher with other poolings or another source, for the same
// vocabulary.
func (t *Teacher) With(o Options) (*Teacher, error) {
	other := *t
	o.Vocab = t.Options.Vocab
	other.Options = o
	return &other, other.checkSource()
}

// checkSource refuses rows that this teacher's graph does not give.
func (t *Teacher) checkSource() error {
	switch {
	case t.Options.Source != transformer.Input:
		return t.Info.Check(t.Options.Pooling)
	case t.Info.Rows == 0:
		return fmt.Errorf("--source input: %s: no table that input_ids index was found in the graph", t.Info.File)
	}
	return nil
}

// Width returns H, the width of the rows: of the graph's output or its input table. It
// is 0 where only a run tells it.
func (t *Teacher) Width() int {
	if t.Options.Source == transformer.Input {
		return t.Info.InputWidth
	}
	return t.Info.Width
}

// BatchSize returns the number of sequences that run at once, 0 if the graph's default
// serves.
func (t *Teacher) BatchSize() int {
	if t.Info.Dynamic && t.Options.BatchSize == 0 {
		return 1
	}
	return t.Options.BatchSize
}

// Warnings are what the teacher's files give cause to warn of, before it runs.
func (t *Teacher) Warnings() []string {
	if t.Options.Source == transformer.Input {
		return nil
	}
	return t.Info.Warnings(t.runOptions(runtime.Provider{Threads: 1}))
}

// runOptions say how the graph runs.
func (t *Teacher) runOptions(p runtime.Provider) transformer.Options {
	v := t.Vocabulary
	return transformer.Options{
		ONNXFile: t.Options.ONNXFile, Pooling: t.Options.Pooling, Threads: p.Count(), Provider: p.Execution, AsExported: p.AsExported,
		BatchSize: t.Options.BatchSize, PadID: v.TeacherPadID,
		SpecialTokens: transformer.SpecialTokens{Before: len(v.SpecialTokens.BOS), After: len(v.SpecialTokens.EOS)},
	}
}

// buildVocabulary builds the vocabulary of the tokenizer in folder dir, in its file name.
func (t *Teacher) buildVocabulary(dir, name string) error {
	file, err := readTokenizer(dir, name)
	if err != nil {
		return err
	}
	t.Tokenizer = TokenizerFacts{Kind: file.Model.Kind, Padding: file.Padding != nil, Truncation: file.Truncation != nil}
	o := &t.Options.Vocab
	if o.Special, err = ReadSpecial(dir); err != nil {
		return err
	}
	if o.Words == nil && t.Options.WordsFile != "" {
		if o.Words, err = readWords(t.Options.WordsFile); err != nil {
			return err
		}
	}
	if o.Words != nil {
		sum := sha256.Sum256([]byte(strings.Join(o.Words, "\n")))
		t.WordsSHA256 = hex.EncodeToString(sum[:])
	}
	if t.Vocabulary, err = vocab.Build(file, *o); err != nil {
		return err
	}
	return t.checkTokens()
}

// checkTokens refuses a vocabulary of UNK and PAD alone, which says nothing of any text.
// The reference makes a model of it.
func (t *Teacher) checkTokens() error {
	v := t.Vocabulary
	left := len(v.Tokens)
	for i := range v.Tokens {
		if i == v.UnkID || i == v.PadID {
			left--
		}
	}
	if left > 0 {
		return nil
	}
	if v.Counts.Removed+v.Counts.Rejected > 0 {
		return fmt.Errorf("pattern %q leaves no token but %q", t.Options.Vocab.RemovePattern, v.Tokens)
	}
	return fmt.Errorf("the vocabulary has no token but %q", v.Tokens)
}

// WithoutGraph returns a teacher that is a vocabulary alone: that of the tokenizer in
// the folder path, or of the tokenizer.json path, as o asks for it. It has no rows.
func WithoutGraph(path string, o Options) (*Teacher, error) {
	dir, name := path, "tokenizer.json"
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir, name = filepath.Split(path)
	}
	t := &Teacher{Options: o, Info: &transformer.Info{}}
	return t, t.buildVocabulary(dir, name)
}

// ReadTokenizer reads the tokenizer.json of a teacher's folder.
func ReadTokenizer(dir string) (*tokenizer.File, error) { return readTokenizer(dir, "tokenizer.json") }

// readTokenizer reads a tokenizer.json as tokenizer_config.json beside it changes it.
func readTokenizer(dir, name string) (*tokenizer.File, error) {
	file, err := tokenizer.ReadConfigured(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Hint(fmt.Errorf("%s has no %s", dir, name), "export the teacher's fast tokenizer: tokenizer.save_pretrained in Python")
	}
	return file, err
}

func readWords(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	words, err := vocab.ReadWords(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return words, nil
}

// specialFiles are where a teacher may name its special tokens.
var specialFiles = []string{"tokenizer_config.json", "special_tokens_map.json"}

// vocabularyFiles are what a vocabulary is built of, in the folder of the tokenizer:
// config.json may name the tokenizer's class.
var vocabularyFiles = append([]string{"tokenizer.json", "config.json"}, specialFiles...)

// ReadSpecial returns the special tokens that a teacher's own files name.
func ReadSpecial(dir string) (vocab.Special, error) {
	var files [2][]byte
	for i, name := range specialFiles {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return vocab.Special{}, err
		}
		files[i] = data
	}
	return vocab.ParseSpecial(files[0], files[1])
}
