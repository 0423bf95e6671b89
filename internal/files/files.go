// Package files writes single files so that a run that fails leaves what was there.
//
// A regular file is written beside its target, synced and renamed. A device or a
// FIFO is written to as a stream. A link is followed: what it points to is
// replaced. An existing file keeps its mode, and a new one gets the mode that the
// umask leaves of 0666. A file that may not be written to, a folder, and a file
// that the run reads are refused.
//
// Folders of several files are export's.
package files

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
)

// Write writes the file path by fill. inputs are the files that the caller reads:
// path must be none of them, so that a run does not destroy what it is made of.
// "-" is the standard input. Names that are not files are passed over.
//
// Errors do not name path; the caller does.
func Write(path string, fill func(io.Writer) error, inputs ...string) error {
	if err := NotInput(path, inputs...); err != nil {
		return err
	}
	p, err := NewPending(path)
	if err != nil {
		return Bare(err)
	}
	defer p.Discard()
	w := bufio.NewWriterSize(p, 256<<10)
	if err := fill(w); err != nil {
		return Bare(err)
	}
	if err := w.Flush(); err != nil {
		return Bare(err)
	}
	return Bare(p.Commit())
}

// ErrInput says that a file to write is one that the run reads.
var ErrInput = errors.New("it is one of the files that are read: choose another name")

// NotInput returns ErrInput if path is one of the files inputs, by whatever name.
// A device or a FIFO may be both.
func NotInput(path string, inputs ...string) error {
	target, err := os.Stat(path)
	if err != nil || !target.Mode().IsRegular() {
		return nil // there is nothing to destroy
	}
	for _, name := range inputs {
		if name == "-" {
			name = "/dev/stdin" // a file, if the shell made it one
		}
		if info, err := os.Stat(name); err == nil && os.SameFile(info, target) {
			return ErrInput
		}
	}
	return nil
}

// Bare leaves out of an error the path that the caller's message names already, or
// that of a temporary file, which says nothing to a user.
func Bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}

// IsPointer tells whether the beginning of a file is that of what Git LFS keeps in place
// of a large one.
func IsPointer(head []byte) bool {
	return bytes.HasPrefix(head, []byte("version https://git-lfs"))
}

// SHA256 returns the SHA-256 of a file's contents, in hex, and its length in bytes.
func SHA256(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
