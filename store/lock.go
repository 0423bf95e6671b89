package store

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/m2v-dev/m2v/internal/files"
)

// Lock implements Folder. The system frees the lock when the process ends, however it
// ends. File systems that have no locks give one to everybody.
func (l Local) Lock(_ context.Context, name string) (free func(), err error) {
	if err := os.MkdirAll(string(l), 0o777); err != nil {
		return nil, files.Bare(err)
	}
	const tries = 100 // each fails only if another run ends in between
	for range tries {
		lock := flock.New(l.Path(name))
		ok, err := lock.TryLock()
		switch {
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
			return func() {}, nil
		case err != nil:
			return nil, files.Bare(err)
		case !ok:
			return nil, ErrBusy
		}
		// The lock counts only if its file is still the one that others see.
		held, err1 := lock.Stat()
		seen, err2 := os.Stat(lock.Path())
		if err1 == nil && err2 == nil && os.SameFile(held, seen) {
			return func() { freeLock(lock) }, nil
		}
		_ = lock.Unlock()
	}
	return nil, ErrBusy
}

// freeLock removes the lock's file while it is held, and frees it.
func freeLock(lock *flock.Flock) {
	if os.Remove(lock.Path()) != nil { // Windows removes no open file
		_ = lock.Unlock()
		_ = os.Remove(lock.Path())
		return
	}
	_ = lock.Unlock()
}
