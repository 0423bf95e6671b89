package hub

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
)

// local is a file to upload.
type local struct {
	PushedFile
	path   string // on disk; "" for data
	data   []byte
	sha256 string
	oid    string // git's SHA-1
}

// is tells whether a listing has the file as it is.
func (f *local) is(l listing) bool {
	there, ok := l[f.Path]
	if !ok || there.Size != f.Size {
		return false
	}
	if there.SHA256 != "" {
		return there.SHA256 == f.sha256
	}
	return there.OID == f.oid
}

// content is a file that is open.
type content interface {
	io.ReaderAt
	io.Closer
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// open returns the contents.
func (f *local) open() (content, error) {
	if f.path == "" {
		return inMemory{bytes.NewReader(f.data)}, nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, files.Bare(err)
	}
	return file, nil
}

// unwanted are names that are never uploaded: what systems and clients leave behind.
func unwanted(name string) bool {
	switch name {
	case ".git", ".cache", ".DS_Store", "Thumbs.db", "__pycache__":
		return true
	}
	return strings.HasSuffix(name, ".incomplete") || strings.HasSuffix(name, ".tmp")
}

// read lists the folder's files and computes their hashes. Links are followed to files, as
// the Hub's cache has them.
func (u *upload) read(ctx context.Context) error {
	replaced := maps.Clone(u.Replace)
	add := func(f local) error {
		err := checkPath(f.Path)
		if err == nil {
			err = f.hash(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", printable(f.Path), err)
		}
		u.files = append(u.files, f)
		return nil
	}
	err := filepath.WalkDir(u.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != u.Dir && unwanted(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(u.Dir, path)
		if err != nil || d.IsDir() {
			return err
		}
		f := local{PushedFile: PushedFile{Path: filepath.ToSlash(name)}, path: path}
		if data, ok := replaced[f.Path]; ok {
			f.path, f.data = "", data
			delete(replaced, f.Path)
		}
		return add(f)
	})
	for _, name := range slices.Sorted(maps.Keys(replaced)) {
		if err == nil {
			err = add(local{PushedFile: PushedFile{Path: name}, data: replaced[name]})
		}
	}
	if err == nil && len(u.files) == 0 {
		err = errors.New("the folder is empty")
	}
	slices.SortFunc(u.files, func(a, b local) int { return strings.Compare(a.Path, b.Path) })
	return files.Bare(err)
}

// hash reads the contents once, for their size and hashes.
func (f *local) hash(ctx context.Context) error {
	f.Size = int64(len(f.data))
	if f.path != "" {
		info, err := os.Stat(f.path) // before it is opened, which waits for the writer of a FIFO
		if err != nil {
			return files.Bare(err)
		}
		if !info.Mode().IsRegular() {
			return errors.New("not a regular file")
		}
		f.Size = info.Size()
	}
	file, err := f.open()
	if err != nil {
		return err
	}
	defer file.Close()
	large, git := sha256.New(), sha1.New()
	fmt.Fprintf(git, "blob %d\x00", f.Size)
	n, err := io.Copy(io.MultiWriter(large, git), cancelled{ctx, io.NewSectionReader(file, 0, f.Size)})
	if err != nil {
		return files.Bare(err)
	}
	if n != f.Size {
		return errChanged
	}
	f.sha256, f.oid = hex.EncodeToString(large.Sum(nil)), hex.EncodeToString(git.Sum(nil))
	return nil
}

// errChanged is the cause of a file that was written to meanwhile.
var errChanged = errors.New("the file changed while it was read")
