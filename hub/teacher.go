package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/onnx"
)

// TeacherFiles is what m2v reads of a Sentence Transformer in ONNX: modules.json,
// what it names, the graph and the files that hold the graph's weights. onnxFile is
// the graph's path in the repository; "" takes onnx/model.onnx, else model.onnx.
func TeacherFiles(onnxFile string) []Want {
	return []Want{{Any: []string{"modules.json"}, Optional: true, Names: func(dir string) ([]Want, error) {
		return teacherFiles(dir, onnxFile)
	}}}
}

// sentenceFiles are where a Transformer module may have its settings.
var sentenceFiles = []string{
	"sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
	"sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json",
}

// teacherFiles returns what is wanted beside modules.json, once that is in dir.
func teacherFiles(dir, onnxFile string) ([]Want, error) {
	folder, others, err := modulesOf(dir) // the Transformer's, those behind it
	if err != nil {
		return nil, err
	}
	graphs := []string{"onnx/model.onnx", "model.onnx"}
	if onnxFile != "" {
		graphs = []string{onnxFile}
	} else if folder != "" {
		graphs = append(graphs, path.Join(folder, "onnx/model.onnx"), path.Join(folder, "model.onnx"))
	}
	graph := Want{Names: func(dir string) ([]Want, error) { return externalData(dir, graphs) }}
	for _, name := range graphs {
		graph.Any = append(graph.Any, literal(name))
	}
	wants := []Want{{Any: []string{literal(path.Join(folder, "tokenizer.json"))}}, graph}
	files := []string{"config_sentence_transformers.json"}
	for _, name := range append([]string{"config.json", "tokenizer_config.json", "special_tokens_map.json"}, sentenceFiles...) {
		files = append(files, path.Join(folder, name))
	}
	if others == nil { // there is no modules.json: a pooling by its usual name
		others = []string{"1_Pooling"}
	}
	for _, other := range others {
		files = append(files, path.Join(other, "config.json"), path.Join(other, "model.safetensors"))
	}
	for _, name := range files {
		wants = append(wants, Want{Any: []string{literal(name)}, Optional: true})
	}
	return wants, nil
}

// modulesOf returns the folders that dir's modules.json names: that of the
// Transformer, "" for the repository's own, and those of the modules behind it, nil
// where there is no modules.json.
func modulesOf(dir string) (transformer string, others []string, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "modules.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	var modules []struct{ Path, Type string }
	if err := json.Unmarshal(data, &modules); err != nil {
		return "", nil, fmt.Errorf("modules.json: %w", err)
	}
	others = []string{}
	for i, m := range modules {
		if m.Path != "" {
			if err := checkPath(strings.TrimSuffix(m.Path, "/")); err != nil {
				return "", nil, fmt.Errorf("modules.json: module %w", err)
			}
		}
		switch {
		case i == 0 && strings.HasSuffix(m.Type, ".Transformer"):
			transformer = path.Clean("./" + m.Path)
		case m.Path != "":
			others = append(others, m.Path)
		}
	}
	if transformer == "." {
		transformer = ""
	}
	return transformer, others, nil
}

// externalData returns the files that the first of graphs that is in dir keeps its
// weights in. What is wrong with a graph is its reader's to say.
func externalData(dir string, graphs []string) ([]Want, error) {
	for _, name := range graphs {
		model, err := onnx.Read(filepath.Join(dir, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case onnx.IsFormat(err):
			return nil, nil
		case err != nil:
			return nil, err
		}
		var wants []Want
		for _, file := range model.ExternalFiles() {
			wants = append(wants, Want{Any: []string{literal(path.Join(path.Dir(name), filepath.ToSlash(file)))}})
		}
		return wants, nil
	}
	return nil, nil
}
