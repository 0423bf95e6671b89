package transformer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/onnx"
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

	TrainedPooling string  `json:"trained_pooling,omitempty"` // as 1_Pooling/config.json names it
	Pooling        Pooling `json:"pooling,omitempty"`         // the same as a Pooling, "" if none fits
	MaxLength      int     `json:"max_length,omitempty"`      // of sentence_bert_config.json, in tokens
	Normalize      bool    `json:"normalize"`                 // modules.json ends in a Normalize

	path    string
	model   *onnx.Model
	table   *onnx.Embedding
	modules []module
	hidden  onnx.Value
	pooled  onnx.Value
	doubt   error // why there is no Hidden
}

// FindGraph returns the path of the teacher's graph: file if it is named, in
// folder dir or absolute, else onnx/model.onnx or model.onnx.
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
	for _, name := range []string{"onnx/model.onnx", "model.onnx"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	var others []string
	for _, pattern := range []string{"onnx/*.onnx", "*.onnx"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is well formed
		for _, path := range found {
			others = append(others, relative(dir, path))
		}
	}
	return "", &NoGraphError{Dir: dir, Others: others}
}

// NoGraphError says that a folder has no graph by the usual names.
type NoGraphError struct {
	Dir    string
	Others []string // graphs by other names, relative to Dir
}

// Error names the folder and the other graphs in it.
func (e *NoGraphError) Error() string {
	text := fmt.Sprintf("transformer: find graph: no onnx/model.onnx or model.onnx in %s", e.Dir)
	if len(e.Others) > 0 {
		text += fmt.Sprintf(" (there is %s)", strings.Join(e.Others, ", "))
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
	var config modelConfig
	if err := readJSON(dir, "config.json", &config); err != nil {
		return nil, err
	}
	i.Positions = config.limit(config.MaxPositions)
	if rows, ok := model.Positions(); ok && (i.Positions <= 0 || config.limit(rows) < i.Positions) {
		i.Positions = config.limit(rows)
	}
	i.Quantized = quantization(model)
	i.chooseOutputs(config.width())
	return i, i.readSentenceTransformer(dir)
}

// readSentenceTransformer adds what sentence-transformers' own files say.
func (i *Info) readSentenceTransformer(dir string) (err error) {
	if i.modules, err = readModules(dir); err != nil {
		return err
	}
	if i.TrainedPooling, i.Pooling, err = readPooling(dir, i.modules); err != nil {
		return err
	}
	var limits struct {
		MaxLength int `json:"max_seq_length"`
	}
	if err := readJSON(dir, "sentence_bert_config.json", &limits); err != nil {
		return err
	}
	i.MaxLength = max(limits.MaxLength, 0)
	i.Normalize = slices.ContainsFunc(i.modules, func(m module) bool { return m.kind() == "Normalize" })
	return nil
}

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
