package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
)

// kindFiles are what tells a student on the Hub from a teacher. They come
// first: only then is it known what else to fetch.
var kindFiles = []hub.Want{
	{Any: []string{"config.json"}, Optional: true},
	{Any: []string{"modules.json"}, Optional: true},
}

// Find returns the folder of ref, a local folder or a Hub id, and whether it is a
// static model's. Of o it takes Find, Revision and ONNXFile.
func Find(ctx context.Context, ref string, o Options) (folder hub.Folder, isStatic bool, err error) {
	folder, err = o.Find.Find(ctx, ref, o.Revision, kindFiles)
	if err != nil {
		return hub.Folder{}, false, err
	}
	if folder.Commit == "" {
		isStatic, err = isStaticFolder(folder.Dir, o.ONNXFile)
		return folder, isStatic, err
	}
	files := hub.TeacherFiles(o.ONNXFile)
	isStatic = o.ONNXFile == "" && saysStatic(folder.Dir)
	if isStatic {
		files = hub.StaticFiles()
	}
	folder, err = o.Find.Find(ctx, ref, o.Revision, files)
	return folder, isStatic, err
}

// isStaticFolder tells a static model's folder from a teacher's by what is in
// it. A folder that is neither is an error that says what is missing.
func isStaticFolder(dir, onnxFile string) (bool, error) {
	if onnxFile != "" {
		return false, nil
	}
	if static.IsModel(dir) {
		return true, nil
	}
	_, err := transformer.FindGraph(dir, "")
	switch {
	case err == nil:
		return false, nil
	case saysStatic(dir) && hasFile(dir, "model.safetensors", "0_StaticEmbedding/model.safetensors"):
		return true, nil // a broken one: opening it says why
	case hasFile(dir, "config.json", "tokenizer.json"):
		return false, teacher.HintGraph(err)
	}
	return false, fault.Hint(fmt.Errorf("%s: neither a static model nor a teacher", dir),
		"a static model has tokenizer.json and model.safetensors, a teacher tokenizer.json and onnx/model.onnx")
}

// hasFile tells whether a folder has one of the files.
func hasFile(dir string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		return err == nil
	})
}

// saysStatic tells whether a folder's own description, config.json or
// modules.json, is that of a static model; a folder without any is one, too.
func saysStatic(dir string) bool {
	var config struct {
		ModelType     string   `json:"model_type"`
		Architectures []string `json:"architectures"`
	}
	var modules []struct {
		Type string `json:"type"`
	}
	hasConfig, hasModules := readJSONFile(dir, "config.json", &config), readJSONFile(dir, "modules.json", &modules)
	if hasModules && len(modules) > 0 && strings.HasSuffix(modules[0].Type, ".StaticEmbedding") {
		return true
	}
	if hasConfig {
		return config.ModelType == "model2vec" || slices.Contains(config.Architectures, "StaticModel")
	}
	return !hasModules
}

// readJSONFile reads a file of a folder into v, and tells whether it is there;
// what cannot be read says nothing.
func readJSONFile(dir, name string, v any) bool {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_ = json.Unmarshal(data, v) // what fits is filled in
	return true
}
