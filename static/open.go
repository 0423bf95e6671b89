package static

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/tokenizer"
)

// Layout is how a model folder is laid out.
type Layout string

// The layouts, in the order in which they are looked for.
const (
	// Model2Vec has config.json, model.safetensors and tokenizer.json.
	Model2Vec Layout = "model2vec"
	// SentenceTransformers has config_sentence_transformers.json instead.
	SentenceTransformers Layout = "sentence-transformers"
	// Nested is SentenceTransformers with tensors and tokenizer in the folder
	// 0_StaticEmbedding.
	Nested Layout = "0_StaticEmbedding"
	// Bare has tensors and tokenizer, but no configuration.
	Bare Layout = "bare"
)

const (
	tensorsFile   = "model.safetensors"
	tokenizerFile = "tokenizer.json"
	modulesFile   = "modules.json"
)

// layouts says where the files of each layout are.
//
// Source: FOLDER_LAYOUTS in model2vec's persistence/datamodels.py; the last
// two are ours. A folder 0_StaticEmbedding that is named itself has its
// configuration one level up, as model2vec-rs finds it.
var layouts = []struct {
	layout       Layout
	root, module string
	config       string
}{
	{Model2Vec, ".", ".", "config.json"},
	{SentenceTransformers, ".", ".", "config_sentence_transformers.json"},
	{Nested, ".", "0_StaticEmbedding", "config_sentence_transformers.json"},
	{Nested, "..", ".", "config_sentence_transformers.json"},
	{Bare, ".", ".", ""},
	{Bare, ".", "0_StaticEmbedding", ""},
}

// folder is a model folder, found.
type folder struct {
	layout                     Layout
	config, modules            string // paths; config is "" in a Bare folder
	tensorsPath, tokenizerPath string
}

// find looks for the files of a model.
func find(dir string) (folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return folder{}, files.Bare(err)
	}
	if !info.IsDir() {
		return folder{}, errors.New("not a folder")
	}
	for _, l := range layouts {
		f := folder{
			layout:        l.layout,
			modules:       filepath.Join(dir, l.root, modulesFile),
			tensorsPath:   filepath.Join(dir, l.module, tensorsFile),
			tokenizerPath: filepath.Join(dir, l.module, tokenizerFile),
		}
		if l.config != "" {
			f.config = filepath.Join(dir, l.root, l.config)
		}
		if isFile(f.tensorsPath) && isFile(f.tokenizerPath) && (f.config == "" || isFile(f.config)) {
			return f, nil
		}
	}
	for _, name := range []string{tensorsFile, tokenizerFile} {
		if !isFile(filepath.Join(dir, name)) {
			return folder{}, fmt.Errorf("no %s: not the folder of a static model", name)
		}
	}
	return folder{}, errors.New("not the folder of a static model")
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// IsModel tells whether dir is the folder of a static model, in any layout:
// tokenizer.json and a model.safetensors with a tensor of rows. It reads no
// more than the head of that file.
func IsModel(dir string) bool {
	where, err := find(dir)
	if err != nil {
		return false
	}
	file, err := openMapped(where.tensorsPath)
	if err != nil {
		return false
	}
	defer file.Close()
	f, err := tensors.Parse(file.data)
	if err != nil {
		return false
	}
	_, _, ok := findRows(f)
	return ok
}

// Open reads a model folder in any layout. Rows stay in the file as they are stored, and the
// file is mapped: opening takes the time of reading the tokenizer, and processes share the
// memory.
//
// The file must not be changed in place while the model is open; replacing the
// folder, as m2v does, is safe.
func Open(dir string) (*Model, error) {
	m, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("static: open %s: %w", dir, err)
	}
	return m, nil
}

func open(dir string) (*Model, error) {
	f, err := find(dir)
	if err != nil {
		return nil, err
	}
	config, warnings, err := f.readConfig()
	if err != nil {
		return nil, err
	}
	file, sum, err := readTokenizer(f.tokenizerPath)
	if err != nil {
		return nil, err
	}
	tok, err := compile(file)
	if err != nil {
		return nil, err
	}
	mapped, err := openMapped(f.tensorsPath)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tensorsFile, files.Bare(err))
	}
	t, err := readTensors(mapped.data)
	if err != nil {
		mapped.Close()
		return nil, fmt.Errorf("%s: %w", tensorsFile, err)
	}
	m, err := assemble(file, tok, t.table, t.weights, t.mapping, config)
	if err != nil {
		mapped.Close()
		return nil, fmt.Errorf("%s: %w", tensorsFile, err)
	}
	m.layout, m.unmap = f.layout, mapped.Close
	m.exact = t.exact()
	m.warnings = append(warnings, m.warnings...)
	m.file = func() (*tokenizer.File, error) { return rereadTokenizer(f.tokenizerPath, sum) }
	return m, nil
}

// readConfig reads the settings, and what other programs make of them.
func (f folder) readConfig() (Config, []string, error) {
	c := Config{MaxLength: DefaultMaxLength}
	var warnings []string
	if f.config == "" {
		warnings = append(warnings, "the folder has no config.json: vectors are not normalised, and texts are cut at 512 tokens")
	} else {
		name := filepath.Base(f.config)
		data, err := os.ReadFile(f.config)
		if err != nil {
			return c, nil, fmt.Errorf("%s: %w", name, files.Bare(err))
		}
		if c, err = parseConfig(data); err != nil {
			return c, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if f.layout == Model2Vec {
		if c.Field("normalize") == nil {
			warnings = append(warnings, `config.json does not say "normalize": vectors are not normalised, as in Python; model2vec-rs normalises them`)
		}
		return c, warnings, nil
	}
	more, err := f.applyModules(&c)
	return c, append(warnings, more...), err
}

// applyModules follows modules.json in the layouts of sentence-transformers,
// where it, and not the configuration, says whether vectors are normalised.
func (f folder) applyModules(c *Config) ([]string, error) {
	data, err := os.ReadFile(f.modules)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", modulesFile, files.Bare(err))
	}
	m, err := parseModules(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", modulesFile, err)
	}
	var warnings []string
	if m.normalize && c.Field("normalize") == nil {
		c.Normalize = true
		warnings = append(warnings, "modules.json says that vectors are normalised, and they are; Python model2vec does not read it")
	}
	for _, name := range m.others {
		warnings = append(warnings, fmt.Sprintf("modules.json names a module %s, which is not applied", name))
	}
	return warnings, nil
}

// readTokenizer reads a tokenizer.json and a checksum of it.
func readTokenizer(path string) (*tokenizer.File, uint64, error) {
	mapped, err := openMapped(path)
	if err != nil {
		return nil, 0, files.Bare(err)
	}
	defer mapped.Close() // ParseFile keeps no reference to it
	file, err := tokenizer.ParseFile(mapped.data)
	if err != nil {
		return nil, 0, err
	}
	return file, maphash.Bytes(seed, mapped.data), nil
}

// seed is of a checksum that only has to notice that a file was edited.
var seed = maphash.MakeSeed()

func rereadTokenizer(path string, sum uint64) (*tokenizer.File, error) {
	file, now, err := readTokenizer(path)
	if err != nil {
		return nil, fmt.Errorf("static: read %s: %w", path, err)
	}
	if now != sum {
		return nil, fmt.Errorf("static: read %s: the file has changed since the model was opened", path)
	}
	return file, nil
}
