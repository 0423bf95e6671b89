package inspect

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/transformer"
)

// compareConfig holds what config.json says of the rows against the rows.
func (r *Report) compareConfig(m *static.Model) {
	table := m.Table()
	number := func(key string) (n int, ok bool) {
		raw := m.Config().Field(key)
		ok = raw != nil && json.Unmarshal(raw, &n) == nil && n > 0
		return n, ok
	}
	if n, ok := number("hidden_dim"); ok && n != table.Cols {
		r.fault("config.json says hidden_dim %d, and the rows have %d dimensions", n, table.Cols)
	}
	if n, ok := number("vocabulary_quantization"); ok && m.Mapping() != nil && n != table.Rows {
		r.fault("config.json says vocabulary_quantization %d, and there are %d rows", n, table.Rows)
	}
	var typ string
	if raw := m.Config().Field("embedding_dtype"); raw != nil && json.Unmarshal(raw, &typ) == nil && typ != table.Type.String() {
		r.warn("config.json says embedding_dtype %s, and the rows are %s", typ, table.Type)
	}
}

// compareWidth holds hidden_size of a teacher's config.json against its graph.
func (r *Report) compareWidth(dir string, info *transformer.Info) {
	var config struct {
		Hidden int `json:"hidden_size"`
	}
	ok := r.readJSON(dir, "config.json", &config)
	if ok && config.Hidden > 0 && info.Hidden != "" && info.Width > 0 && info.Width != config.Hidden {
		r.fault("config.json says hidden_size %d, and the graph's output %s has width %d", config.Hidden, info.Hidden, info.Width)
	}
}

// checkModules reads modules.json as sentence-transformers does: a list of modules, each
// with a type, and a folder unless it has no files of its own.
func (r *Report) checkModules(dir string) {
	var modules []struct {
		Type string `json:"type"`
	}
	if !r.readJSON(dir, "modules.json", &modules) {
		return
	}
	for i, m := range modules {
		if m.Type == "" {
			r.fault("modules.json: module %d has no type", i)
		}
	}
	if len(modules) == 0 {
		r.fault("modules.json lists no modules")
	}
}

// readJSON reads a file of the folder, and tells whether there is one that can be read. One
// that cannot is a fault.
func (r *Report) readJSON(dir, name string, v any) bool {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		r.fault("%s cannot be read: %v", name, files.Bare(err))
	}
	return err == nil
}
