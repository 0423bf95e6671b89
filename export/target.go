package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
)

// What stands in the way of writing to a folder.
var (
	// ErrExists: the folder exists, and Options.Force is not set.
	ErrExists = errors.New("it exists already")
	// ErrNotModel: Options.Force is set, but the folder holds something that one of
	// its kind does not, and which would be lost.
	ErrNotModel = errors.New("not replaced: m2v did not write all that is in it")
)

// modelNames are what a model folder may hold, in any layout and as other
// programs leave it: what Options.Force may throw away.
var modelNames = []string{
	tensorsFile, tokenizerFile, configFile, modulesFile, cardFile, ManifestFile,
	"config_sentence_transformers.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
	"0_StaticEmbedding", "1_Normalize",
	"head.safetensors", "words.json", "train.jsonl", "report.json", "report.html", // of a classifier
	".gitattributes", ".DS_Store",
}

// resolve returns the absolute path of the folder that dir names. A symbolic
// link is followed, so that the folder is replaced and not the link.
func resolve(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no folder is named")
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err != nil {
		return "", files.Bare(err)
	}
	return real, nil
}

// checkTarget tells whether a folder may be written at target.
func checkTarget(target string, o Options) error {
	info, err := os.Lstat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return files.Bare(err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return errors.New("it is a symbolic link that leads nowhere")
	}
	if !info.IsDir() {
		return errors.New("a file of that name exists")
	}
	if filepath.Dir(target) == target {
		return errors.New("the root of the file system cannot be replaced")
	}
	if !o.Force {
		return ErrExists
	}
	entries, err := os.ReadDir(target)
	if err != nil {
		return files.Bare(err)
	}
	names := o.Names
	if names == nil {
		names = modelNames
	}
	var foreign []string
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			foreign = append(foreign, e.Name())
		}
	}
	if len(foreign) > 0 {
		return fmt.Errorf("%w: it holds %s", ErrNotModel, few(foreign))
	}
	return nil
}

// few names the first of some names.
func few(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// makeParents makes the folders above target that are missing, and returns
// them, innermost first.
func makeParents(target string) (made []string, err error) {
	for dir := filepath.Dir(target); ; dir = filepath.Dir(dir) {
		_, err := os.Stat(dir)
		if err == nil || filepath.Dir(dir) == dir {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		made = append(made, dir)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		removeEmpty(made)
		return nil, err
	}
	return made, nil
}

// removeEmpty removes folders that are empty. It never fails: another run may
// have put something there.
func removeEmpty(dirs []string) {
	for _, dir := range dirs {
		_ = os.Remove(dir)
	}
}
