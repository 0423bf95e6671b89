package teacher

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/cachekey"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/transformer"
)

// hashFiles takes the SHA-256 of what rows depend on: the graph with the data beside
// it, the tokenizer, and the files that may name its special tokens.
func hashFiles(dir string, info *transformer.Info) (map[string]string, error) {
	paths := map[string]string{info.File: info.Path()}
	for _, name := range info.ExternalData() {
		paths[path.Join(path.Dir(info.File), name)] = filepath.Join(filepath.Dir(info.Path()), filepath.FromSlash(name))
	}
	for _, name := range vocabularyNames(info) {
		paths[name] = filepath.Join(dir, filepath.FromSlash(name))
	}
	sums := map[string]string{}
	for name, at := range paths {
		sum, _, err := files.SHA256(at)
		if errors.Is(err, fs.ErrNotExist) && path.Base(name) != "tokenizer.json" && name != info.File {
			continue
		}
		if err != nil {
			return nil, err
		}
		sums[name] = sum
	}
	return sums, nil
}

// vocabularyNames are the files that decide the vocabulary, by their names in the
// teacher's folder. config.json counts where it lies in the tokenizer's own folder; the
// graph has all else that it says.
func vocabularyNames(info *transformer.Info) []string {
	var names []string
	for _, name := range append([]string{"tokenizer.json"}, specialFiles...) {
		names = append(names, path.Join(info.Folder, name))
	}
	return names
}

// VocabularyFiles returns the files of the teacher's folder that its vocabulary is built
// of, by their names.
func (t *Teacher) VocabularyFiles() (map[string][]byte, error) {
	list := map[string][]byte{}
	for _, name := range vocabularyFiles {
		data, err := os.ReadFile(filepath.Join(t.Folder.Dir, filepath.FromSlash(t.Info.Folder), name))
		if errors.Is(err, fs.ErrNotExist) && name != "tokenizer.json" {
			continue
		}
		if err != nil {
			return nil, err
		}
		list[name] = data
	}
	return list, nil
}

// rowsRevision is part of every key. It goes up whenever the way from ids to rows
// changes.
const rowsRevision = 1

// PassKey identifies what a forward pass depends on but for the pooling: the graph,
// the ids, how they are batched, m2v and the runtime. Input rows take no pass.
func (t *Teacher) PassKey(runtimeVersion string) string {
	return t.passKey(cachekey.Engine{Program: export.Version, Library: runtimeVersion})
}

func (t *Teacher) passKey(by cachekey.Engine) string {
	v := t.Vocabulary
	k := by.New("pass", rowsRevision)
	k.Add("batch", t.BatchSize())
	k.Add("pad", v.TeacherPadID)
	k.Add("special tokens", len(v.SpecialTokens.BOS), len(v.SpecialTokens.EOS))
	t.addGraphAndIDs(k)
	return k.String()
}

// RowsKey identifies the teacher's rows, in the cache of rows and elsewhere: those of a
// pass and a pooling, or its input rows.
func (t *Teacher) RowsKey(runtimeVersion string) string {
	return t.rowsKey(cachekey.Engine{Program: export.Version, Library: runtimeVersion})
}

func (t *Teacher) rowsKey(by cachekey.Engine) string {
	if t.Options.Source == transformer.Input {
		by.Library = "" // a table is read, and nothing computed
		k := by.New("input rows", rowsRevision)
		t.addGraphAndIDs(k)
		return k.String()
	}
	k := by.New("rows", rowsRevision)
	k.Add("pass", t.passKey(by))
	k.Add("pooling", t.Options.Pooling)
	return k.String()
}

func (t *Teacher) addGraphAndIDs(k *cachekey.Key) {
	for _, name := range slices.Sorted(maps.Keys(t.SHA256)) {
		if !slices.Contains(vocabularyNames(t.Info), name) { // the ids stand for these
			k.Add("file", name, t.SHA256[name])
		}
	}
	k.Add("tokens", len(t.Vocabulary.IDs))
	var buffer []byte
	for _, ids := range t.Vocabulary.IDs {
		buffer = binary.AppendUvarint(buffer[:0], uint64(len(ids)))
		for _, id := range ids {
			buffer = binary.AppendUvarint(buffer, uint64(id))
		}
		_, _ = k.Write(buffer) // it never fails
	}
}
