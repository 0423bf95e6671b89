package features

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/m2v-dev/m2v/internal/files"
)

const lockFile = ".lock"

// takeLock takes the lock of a folder for this process. The system frees it when
// the process ends, however it ends. It is nil where the file system has no locks.
func takeLock(dir string) (*flock.Flock, error) {
	const tries = 100 // each fails only if another run ends in between
	for range tries {
		lock := flock.New(filepath.Join(dir, lockFile))
		ok, err := lock.TryLock()
		switch {
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
			return nil, nil
		case err != nil:
			return nil, files.Bare(err)
		case !ok:
			return nil, ErrBusy
		}
		// The lock counts only if its file is still the one that others see.
		held, err1 := lock.Stat()
		seen, err2 := os.Stat(lock.Path())
		if err1 == nil && err2 == nil && os.SameFile(held, seen) {
			return lock, nil
		}
		_ = lock.Unlock()
	}
	return nil, ErrBusy
}

// freeLock removes the lock's file while it is held, and frees it.
func freeLock(lock *flock.Flock) {
	if lock == nil {
		return
	}
	if os.Remove(lock.Path()) != nil { // Windows removes no open file
		_ = lock.Unlock()
		_ = os.Remove(lock.Path())
		return
	}
	_ = lock.Unlock()
}
