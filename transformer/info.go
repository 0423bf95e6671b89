package transformer

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/runtime"
)

// Info is what a teacher's files say, without running it: the graph's inputs
// and outputs, which of them m2v would use, and what there is to mind.
type Info struct {
	File    string   `json:"file"`  // the graph, relative to the folder if it lies in it
	Bytes   int64    `json:"bytes"` // of the graph and its external data
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	// Hidden is the output with a state for every position, Pooled the one with a
	// vector for every sequence; "" where the graph has none that is beyond doubt.
	Hidden string `json:"hidden"`
	Pooled string `json:"pooled"`
	Width  int    `json:"width"` // H of Hidden, else of Pooled; 0 if only a run can tell

	// Rows is the size of the table that input_ids index: ids must be below it.
	// 0 if the graph's table cannot be followed.
	Rows int `json:"rows"`
	// InputWidth is the width of that table; 0 if it cannot be followed.
	InputWidth int `json:"input_width"`
	// Positions is the longest sequence that the graph takes; 0 if it has no limit
	// that the files tell of.
	Positions int `json:"positions"`

	Quantized string `json:"quantized,omitempty"` // how weights are stored, if not as floats
	// Dynamic says that a row depends on its batch: activations are quantized by
	// one scale for all of them.
	Dynamic bool `json:"dynamic"`

	// What the files say of texts. TrainedPooling is the Pooling module's modes by
	// sentence-transformers' names, joined by "+", and Pooling the same, "" if none fits.
	TrainedPooling string  `json:"trained_pooling,omitempty"`
	Pooling        Pooling `json:"pooling,omitempty"`
	MaxLength      int     `json:"max_length,omitempty"` // where texts are cut, in tokens; 0 for no limit
	Normalize      bool    `json:"normalize"`            // modules.json ends in a Normalize
	// Modules are the kinds of modules.json, in order; none where there is no such file.
	Modules []string `json:"modules,omitempty"`
	// Prompts are the prompts that texts may start with, by name; DefaultPrompt the name of the
	// one that they do start with, "" for none.
	Prompts       map[string]string `json:"prompts,omitempty"`
	DefaultPrompt string            `json:"default_prompt,omitempty"`
	LowerCase     bool              `json:"lower_case,omitempty"`    // texts become lower case first
	TruncateDims  int               `json:"truncate_dims,omitempty"` // texts' vectors keep the first ones only; 0 for all
	// Folder is where the graph, config.json and tokenizer.json lie, relative to the
	// teacher's folder; "" is that folder itself.
	Folder string `json:"folder,omitempty"`
	// TextsRefused says why the teacher cannot encode texts, "" if nothing speaks
	// against it: its rows may be usable all the same.
	TextsRefused string `json:"texts_refused,omitempty"`

	dir      string
	config   modelConfig
	settings *settings
	listed   bool // there is a modules.json
	poolFile string
	refusal  error // of TextsRefused
	path     string
	model    *onnx.Model
	table    *onnx.Embedding
	fused    *onnx.Fused // nil where nothing is to fuse
	modules  []module
	hidden   onnx.Value
	pooled   onnx.Value
	doubt    error // why there is no Hidden
}

// FindGraph returns the path of the teacher's graph: file if it is named, in
// folder dir or absolute, else onnx/model.onnx or model.onnx, in dir or in the folder
// of the Transformer module.
func FindGraph(dir, file string) (string, error) {
	if file != "" {
		path := filepath.FromSlash(file)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("transformer: find graph: %w", err)
		}
		return path, nil
	}
	usual := []string{"onnx/model.onnx", "model.onnx"}
	if modules, _, err := readModules(dir); err == nil { // what is wrong there is Inspect's to say
		if sub := transformerFolder(modules); sub != "" {
			usual = append(usual, sub+"/onnx/model.onnx", sub+"/model.onnx")
		}
	}
	for _, name := range usual {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	var others []string
	for _, pattern := range []string{"onnx/*.onnx", "*.onnx"} {
		found, _ := fs.Glob(os.DirFS(dir), pattern) // the folder's own path may hold any sign
		others = append(others, found...)
	}
	pickles, _ := fs.Glob(os.DirFS(dir), "pytorch_model*.bin")
	return "", &NoGraphError{Dir: dir, Others: others, Pickles: pickles}
}

// NoGraphError says that a folder has no graph by the usual names.
type NoGraphError struct {
	Dir    string
	Others []string // graphs by other names, relative to Dir
	// Pickles are weights in PyTorch's form, relative to Dir: opening one can run code.
	Pickles []string
}

// Error names the folder, the other graphs in it, and a pickle.
func (e *NoGraphError) Error() string {
	text := fmt.Sprintf("transformer: find graph: no onnx/model.onnx or model.onnx in %s", e.Dir)
	if len(e.Others) > 0 {
		text += fmt.Sprintf(" (there is %s)", strings.Join(e.Others, ", "))
	}
	if len(e.Pickles) > 0 {
		text += fmt.Sprintf("; %s is a pickle, which m2v never opens", e.Pickles[0])
	}
	return text
}

// Inspect reads a teacher's files; it needs no runtime. file names the graph as
// in FindGraph. The error is about files that are missing or broken; whether the
// teacher can be used is Check's to say.
func Inspect(dir, file string) (*Info, error) {
	path, err := FindGraph(dir, file)
	if err != nil {
		return nil, err
	}
	model, err := onnx.Read(path)
	if err != nil {
		return nil, err
	}
	if err := model.CheckExternal(); err != nil {
		return nil, err
	}
	i := &Info{File: relative(dir, path), path: path, model: model, Bytes: model.Size + externalBytes(model), Dynamic: model.DynamicallyQuantized()}
	for _, v := range model.Inputs {
		i.Inputs = append(i.Inputs, v.String())
	}
	for _, v := range model.Outputs {
		i.Outputs = append(i.Outputs, v.String())
	}
	if table, ok := model.Embedding("input_ids"); ok {
		i.table, i.Rows, i.InputWidth = table, table.Rows, table.Cols
	}
	if err := i.readModel(dir); err != nil {
		return nil, err
	}
	i.Quantized = quantization(model)
	i.chooseOutputs(i.config.width())
	if i.fused, err = model.Fuse(i.Hidden, leastWords); err != nil {
		return nil, err
	}
	i.readTexts()
	return i, nil
}

// The names of what onnx.Model.Fuse does: Fused.Graph, and what Fused.First does more.
const (
	skipLayerNorm = "skip-layer-norm"
	firstPosition = "+first-position"
)

// Rewriting names what is done to the graph before it runs with o, "" for nothing. With
// "skip-layer-norm" the sums before a layer normalization are taken in its pass: nine
// tenths of the time, and rows within 2e-4 of the graph's own. With "+first-position" after
// it, the last layer is run for the first position alone, as far as it can be. Other
// providers than the CPU take the graph as it is.
func (i *Info) Rewriting(o Options) string {
	switch {
	case i.fused == nil || o.AsExported || !o.Provider.OnCPU():
		return ""
	case o.FirstPosition && i.fused.First != nil && o.Pooling != Pooler:
		return skipLayerNorm + firstPosition
	}
	return skipLayerNorm
}

// leastWords is onnx.MinWords but in tests.
var leastWords int64 = onnx.MinWords

// FirstPosition tells whether the vectors of texts take the state of the first position
// alone, with that pooling, "" for the folder's.
func (i *Info) FirstPosition(pooling Pooling) bool {
	p := &pipeline{dir: i.dir, unlisted: !i.listed, override: pooling}
	return i.Hidden != "" && i.Width > 0 && pooling != Pooler && p.build(i.modules, i.Width) == nil && p.first
}

// Engine names what runs the graph with o on ONNX Runtime of that version.
func (i *Info) Engine(version string, o Options) string {
	return runtime.Engine{Version: version, Provider: o.Provider, Rewriting: i.Rewriting(o)}.String()
}

// readModel reads modules.json and what config.json says of the graph.
func (i *Info) readModel(dir string) (err error) {
	i.dir = dir
	if i.modules, i.listed, err = readModules(dir); err != nil {
		return err
	}
	i.Folder = transformerFolder(i.modules)
	if i.config, err = readModelConfig(dir, i.Folder); err != nil {
		return err
	}
	i.Positions = mostPositions(i.model, i.config)
	return nil
}

// readTexts adds what sentence-transformers' own files say of texts. What is wrong
// with them concerns texts alone.
func (i *Info) readTexts() {
	for _, m := range i.modules {
		if i.listed {
			i.Modules = append(i.Modules, m.kind())
		}
		if m.kind() != "Dropout" {
			i.Normalize = m.kind() == "Normalize"
		}
		if m.kind() == "Pooling" && i.poolFile == "" {
			i.poolFile = m.file("config.json")
		}
	}
	if i.poolFile != "" {
		var pooling poolingConfig
		if i.refusal = readJSON(i.dir, i.poolFile, &pooling); i.refusal == nil {
			i.TrainedPooling, i.Pooling = pooling.name(), pooling.pooling()
		}
	}
	s, err := readSettings(i.dir, i.Folder, i.listed)
	i.settings, i.refusal = s, cmp.Or(err, i.refusal)
	i.MaxLength, i.LowerCase, i.TruncateDims = s.textLength(i.config), s.lowerCase, s.truncateDims
	i.DefaultPrompt = s.promptName
	for name, prompt := range s.prompts {
		if prompt != "" {
			if i.Prompts == nil {
				i.Prompts = map[string]string{}
			}
			i.Prompts[name] = prompt
		}
	}
	i.refusal = cmp.Or(checkModules(i.modules), i.refusal)
	if i.refusal != nil {
		i.TextsRefused = strings.TrimPrefix(i.refusal.Error(), "transformer: ")
	}
}

// CheckTexts returns an error, which names file and value, if the teacher cannot
// encode texts as sentence-transformers does.
func (i *Info) CheckTexts() error { return i.refusal }

// relative is path as seen from dir, or its base name if it lies elsewhere: an
// Info holds no path of the machine.
func relative(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.Base(path)
}

func externalBytes(m *onnx.Model) (total int64) {
	for _, name := range m.ExternalFiles() {
		if info, err := os.Stat(filepath.Join(filepath.Dir(m.Path), filepath.FromSlash(name))); err == nil {
			total += info.Size()
		}
	}
	return total
}

// quantization describes integer weights in a word or two, "" for float ones.
func quantization(m *onnx.Model) string {
	switch {
	case m.DynamicallyQuantized():
		return "dynamic int8"
	case m.Ops["MatMulNBits"] > 0 || m.Ops["GatherBlockQuantized"] > 0:
		return "blocks of few bits"
	case m.Quantized():
		return "static integers"
	}
	return ""
}

// Parameters returns how many numbers the graph's initializers hold; of 4-bit weights
// that are packed in pairs it counts each pair once.
func (i *Info) Parameters() (total int64) {
	for _, t := range i.model.Initializers {
		if n, err := t.Count(); err == nil { // a graph that runs has no other
			total += n
		}
	}
	return total
}

// Path returns the graph's path.
func (i *Info) Path() string { return i.path }

// ExternalData returns the names of the files beside the graph that hold values of
// its initializers, relative to the graph's folder, in order.
func (i *Info) ExternalData() []string { return i.model.ExternalFiles() }
