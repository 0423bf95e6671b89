// Package store is where files lie that a run reads and writes: a folder of the file
// system, or a prefix of an object store.
package store

import (
	"context"
	"errors"
	"io"
)

// Folder holds files by name. A name may have slashes where the folder is only read;
// what Create writes lies in the folder itself.
type Folder interface {
	// Open opens a file. errors.Is(err, fs.ErrNotExist) tells that there is none.
	Open(ctx context.Context, name string) (File, error)
	// Create writes a file by fill, whole, or leaves what was under the name.
	Create(ctx context.Context, name string, fill func(io.Writer) error) error
	// List returns the files in the folder and below, by ascending names; none where
	// there is no folder.
	List(ctx context.Context) ([]Entry, error)
	// Remove removes a file. That there is none is no error.
	Remove(ctx context.Context, name string) error
	// Lock keeps other processes from taking the lock of this name until free is called
	// or this process ends; ErrBusy says that another has it. Where there are no locks
	// it does nothing. The lock's file makes the folder, if need be.
	Lock(ctx context.Context, name string) (free func(), err error)
	// Path names the folder, or with a name that file, in messages.
	Path(name string) string
}

// Entry is a file of a folder.
type Entry struct {
	Name string // with slashes, below the folder
	Size int64  // in bytes
}

// File is an open file. Its errors do not name it.
type File interface {
	io.Reader
	io.ReaderAt
	io.Closer
	// Size returns the length in bytes.
	Size() int64
}

// ErrBusy says that another process has a lock.
var ErrBusy = errors.New("another process writes there: wait for it, or stop it")
