package transformer

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// module is an entry of modules.json: one step of a Sentence Transformer.
type module struct {
	Path string `json:"path"` // its folder; "" is the teacher's own
	Type string `json:"type"` // a Python class
}

// kind is the class's own name, such as "Pooling".
func (m module) kind() string { return m.Type[strings.LastIndexByte(m.Type, '.')+1:] }

// String names the module by its folder, or its kind if that is the teacher's own.
func (m module) String() string {
	if m.Path == "" {
		return m.kind()
	}
	return m.Path
}

// file returns the name of one of the module's files in the teacher's folder.
func (m module) file(name string) string { return path.Join(m.Path, name) }

// readModules reads modules.json. A folder without it is a Transformer with mean
// pooling, or with the pooling of 1_Pooling/config.json if it has that; listed is
// false for it.
func readModules(dir string) (modules []module, listed bool, err error) {
	if listed, err = findJSON(dir, "modules.json", &modules); err != nil {
		return nil, listed, err
	}
	for _, m := range modules {
		if m.Path != "" && !filepath.IsLocal(filepath.FromSlash(m.Path)) {
			return nil, listed, fmt.Errorf("transformer: read %s: module path %q leads out of the folder", filepath.Join(dir, "modules.json"), m.Path)
		}
	}
	if !listed {
		modules = []module{{"", "sentence_transformers.models.Transformer"}, {"1_Pooling", "sentence_transformers.models.Pooling"}}
	}
	return modules, listed, nil
}

// transformerFolder returns the folder of the first module if that is a
// Transformer: its graph and its tokenizer lie there. "" is the teacher's own.
func transformerFolder(modules []module) string {
	if len(modules) > 0 && modules[0].kind() == "Transformer" {
		return strings.Trim(modules[0].Path, "/")
	}
	return ""
}

// checkModules refuses, by name, modules of kinds that m2v does not have. Classes
// that are not sentence-transformers' own are code of the repository.
func checkModules(modules []module) error {
	refuse := func(m module, format string, a ...any) error {
		return fmt.Errorf("transformer: modules.json: module %q (%s) %s", m.Path, m.Type, fmt.Sprintf(format, a...))
	}
	if len(modules) == 0 {
		return errors.New("transformer: modules.json: it lists no modules")
	}
	for i, m := range modules {
		switch {
		case !strings.HasPrefix(m.Type, "sentence_transformers."):
			return refuse(m, "is not a class of sentence-transformers")
		case i == 0 && m.kind() != "Transformer":
			return refuse(m, "comes first, where m2v runs a Transformer only")
		case i > 0 && moduleReaders[m.kind()] == nil:
			return refuse(m, "is not one of Transformer (at the start), Pooling, Dense, Normalize, LayerNorm, Dropout")
		}
	}
	return nil
}

// moduleReaders compile the modules that may follow the Transformer.
var moduleReaders map[string]func(*pipeline, module) error

func init() {
	moduleReaders = map[string]func(*pipeline, module) error{
		"Pooling": (*pipeline).addPooling, "Dense": (*pipeline).addDense, "Normalize": (*pipeline).addNormalize,
		"LayerNorm": (*pipeline).addLayerNorm, "Dropout": (*pipeline).addDropout,
	}
}
