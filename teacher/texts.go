package teacher

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
)

// TextOptions say how a teacher turns texts into vectors. The zero value takes
// everything as the teacher's files say.
type TextOptions struct {
	ONNXFile  string              // the graph, in the teacher's folder; "" finds it by its usual names
	Pooling   transformer.Pooling // "" for the folder's
	BatchSize int                 // sequences; 0 leaves the choice to the graph

	MaxLength   int    // tokens of a text, special tokens included; 0 for the folder's limit
	Prompt      string // put before every text
	PromptName  string // of a prompt of the folder
	NoPrompt    bool
	NoNormalize bool // vectors keep their length
}

// Texts is a teacher that turns texts into vectors as sentence-transformers does from
// the same folder. It is safe for concurrent use.
type Texts struct {
	Graph     *transformer.Teacher
	Encoder   *transformer.Encoder
	Tokenizer *tokenizer.Tokenizer

	folder   hub.Folder
	options  transformer.Options
	warnings []string // of the folder
}

// OpenTexts starts ONNX Runtime and loads the teacher in folder for texts.
func OpenTexts(folder hub.Folder, o TextOptions, p runtime.Provider) (*Texts, error) {
	t := &Texts{folder: folder}
	info, err := Inspect(folder.Dir, o.ONNXFile)
	if err != nil {
		return nil, err
	}
	if err := info.CheckTexts(); err != nil {
		return nil, err
	}
	pooling := t.choosePooling(info, o.Pooling)
	if err := info.Check(cmp.Or(pooling, transformer.Mean)); err != nil {
		return nil, err
	}
	file, tok, err := info.OpenTokenizer()
	if err != nil {
		return nil, err
	}
	t.Tokenizer = tok
	rt, err := p.Start()
	if err != nil {
		return nil, err
	}
	t.options = transformer.Options{
		ONNXFile: o.ONNXFile, Pooling: pooling, Threads: p.Count(), Provider: p.Execution, AsExported: p.AsExported, BatchSize: o.BatchSize, PadID: padID(file, tok),
		FirstPosition: info.FirstPosition(pooling),
	}
	if t.Graph, err = transformer.Open(rt, folder.Dir, t.options); err != nil {
		return nil, err
	}
	t.Encoder, err = t.Graph.NewEncoder(tok, transformer.EncodeOptions{
		MaxLength: o.MaxLength, Prompt: o.Prompt, PromptName: o.PromptName, NoPrompt: o.NoPrompt, NoNormalize: o.NoNormalize,
	})
	if err != nil {
		t.Graph.Close()
		return nil, err
	}
	return t, nil
}

// choosePooling returns the pooling to use, "" for that of the folder's modules.
func (t *Texts) choosePooling(info *transformer.Info, chosen transformer.Pooling) transformer.Pooling {
	switch {
	case chosen != "":
		return chosen
	case info.Hidden == "" && info.Pooled != "":
		return transformer.Pooler
	case info.TrainedPooling != "" || len(info.Modules) > 0:
		return ""
	}
	t.warnings = append(t.warnings, "the folder does not say how the teacher pools (1_Pooling/config.json): mean, unless --pooling says otherwise")
	return ""
}

// padID returns the id that fills a teacher's batches, where the mask hides
// it: the padding section's if there is one, else 0, which every vocabulary has.
func padID(f *tokenizer.File, tok *tokenizer.Tokenizer) int {
	if token, ok := f.Pad(); ok {
		if id, ok := tok.ID(token); ok {
			return int(id)
		}
	}
	return 0
}

// Width returns H, the length of a vector.
func (t *Texts) Width() int { return t.Encoder.Width() }

// Encode writes the vector of texts[i] to row i of dst, len(texts)×H.
func (t *Texts) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	return t.Encoder.Encode(ctx, texts, dst, nil)
}

// EncodeTelling is Encode that tells progress how many of the texts are done.
func (t *Texts) EncodeTelling(ctx context.Context, texts []string, dst *matrix.Matrix, progress func(done int)) error {
	return t.Encoder.Encode(ctx, texts, dst, progress)
}

// Warnings are the folder's, the graph's and the modules', a sentence each.
func (t *Texts) Warnings() []string {
	info, o := t.Graph.Info(), t.options
	o.Pooling = cmp.Or(o.Pooling, info.Pooling) // where nothing was chosen, the folder's modules pool
	return slices.Concat(t.warnings, info.Warnings(o), t.Graph.RunWarnings(), t.Encoder.Warnings())
}

// Close frees the graph.
func (t *Texts) Close() error { return t.Graph.Close() }

// Settings are what decides the vectors beside the files, by name.
func (t *Texts) Settings() map[string]string {
	return map[string]string{
		"modules":      strings.Join(t.Encoder.Modules(), "; "),
		"max_length":   strconv.Itoa(t.Encoder.MaxLength()),
		"prompt":       t.Encoder.Prompt(),
		"batch_size":   strconv.Itoa(t.Graph.BatchSize()),
		"onnx_runtime": t.Graph.RuntimeVersion(),
	}
}

// SHA256 are the files that the vectors depend on, by their names in the folder.
func (t *Texts) SHA256() (map[string]string, error) {
	sums, err := hashFiles(t.folder.Dir, t.Graph.Info())
	if err != nil {
		return nil, err
	}
	for _, name := range t.Encoder.Files() {
		sum, _, err := files.SHA256(filepath.Join(t.folder.Dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		sums[name] = sum
	}
	return sums, nil
}
