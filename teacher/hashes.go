package teacher

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

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
// the ids, how they are batched, and the runtime. Input rows take no pass.
func (t *Teacher) PassKey(runtimeVersion string) string {
	h := sha256.New()
	v := t.Vocabulary
	fmt.Fprintf(h, "m2v rows %d\nruntime %s\nbatch %d\npad %d\nframe %d %d\n", rowsRevision, runtimeVersion, t.BatchSize(),
		v.TeacherPadID, len(v.SpecialTokens.BOS), len(v.SpecialTokens.EOS))
	t.hashGraphAndIDs(h)
	return hex.EncodeToString(h.Sum(nil))
}

// RowsKey identifies the teacher's rows, in the cache of rows and elsewhere: those of a
// pass and a pooling, or its input rows.
func (t *Teacher) RowsKey(runtimeVersion string) string {
	h := sha256.New()
	if t.Options.Source == transformer.Input {
		fmt.Fprintf(h, "m2v input rows %d\n", rowsRevision)
		t.hashGraphAndIDs(h)
	} else {
		fmt.Fprintf(h, "%s\npooling %s\n", t.PassKey(runtimeVersion), t.Options.Pooling)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (t *Teacher) hashGraphAndIDs(h hash.Hash) {
	for _, name := range slices.Sorted(maps.Keys(t.SHA256)) {
		if !slices.Contains(vocabularyNames(t.Info), name) { // the ids stand for these
			fmt.Fprintln(h, name, t.SHA256[name])
		}
	}
	var buffer []byte
	for _, ids := range t.Vocabulary.IDs {
		buffer = binary.AppendUvarint(buffer[:0], uint64(len(ids)))
		for _, id := range ids {
			buffer = binary.AppendUvarint(buffer, uint64(id))
		}
		h.Write(buffer)
	}
}
