package export

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/m2v-dev/m2v/internal/files"
)

// A stage is a folder beside a target in which the target's successor is
// written:
//
//	.m2v-stage-1f0a9b3c/lock     held as long as its process lives
//	.m2v-stage-1f0a9b3c/model/   the new folder; after a swap, the old one
//	.m2v-stage-1f0a9b3c/old/     the old one, in the middle of two steps
//	.m2v-stage-1f0a9b3c/target   and the name to put it back to
//
// The system frees a dead process's lock, so a process that gets the lock of a stage
// may remove it. docs/decisions/051-swap.md tells more.
type stage struct {
	path string
	lock *flock.Flock // nil where the file system has no locks
}

// The prefixes of a stage's name, and of what is left of one.
const (
	stagePrefix = ".m2v-stage-"
	deadPrefix  = ".m2v-dead-"
)

var stageName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\.m2v-(stage|dead)-[0-9a-f]{8}$`) })

func (s *stage) model() string { return filepath.Join(s.path, "model") }
func (s *stage) old() string   { return filepath.Join(s.path, "old") }
func (s *stage) note() string  { return filepath.Join(s.path, "target") }

// newStage removes the stages that dead processes left in parent and makes a
// new one.
func newStage(parent string) (*stage, error) {
	sweep(parent)
	const tries = 100 // each fails only if a sweep of another process comes between
	for range tries {
		var random [4]byte
		rand.Read(random[:]) // never fails
		path := filepath.Join(parent, stagePrefix+hex.EncodeToString(random[:]))
		err := os.Mkdir(path, 0o777)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot write beside it: %w", files.Bare(err))
		}
		lock, ok, err := takeLock(path)
		if err == nil && !ok {
			continue
		}
		s := &stage{path, lock}
		if err == nil {
			err = os.Mkdir(s.model(), 0o777)
		}
		if err != nil {
			s.remove()
			return nil, fmt.Errorf("cannot write beside it: %w", files.Bare(err))
		}
		return s, nil
	}
	return nil, errors.New("cannot write beside it: other processes remove the temporary folder")
}

// takeLock takes the lock of a stage, or tells that another process has it.
// Where the file system has no locks it returns nil and true: nobody else can
// take it either.
func takeLock(path string) (lock *flock.Flock, ok bool, err error) {
	lock = flock.New(filepath.Join(path, "lock"))
	ok, err = lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist): // the stage has just been swept
		return nil, false, nil
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return nil, true, nil
	case err != nil || !ok:
		return nil, false, err
	}
	// The lock counts only if its file is still the one that others see.
	held, err1 := lock.Stat()
	seen, err2 := os.Stat(lock.Path())
	if err1 != nil || err2 != nil || !os.SameFile(held, seen) {
		_ = lock.Unlock()
		return nil, false, nil
	}
	return lock, true, nil
}

// remove removes the stage. It first gets another name, in one step and with
// the lock held: from then on whoever finds it knows that it is dead, and whoever
// was about to lock it finds nothing.
func (s *stage) remove() {
	if s.lock == nil {
		_ = os.RemoveAll(s.path)
		return
	}
	dead := filepath.Join(filepath.Dir(s.path), deadPrefix+strings.TrimPrefix(filepath.Base(s.path), stagePrefix))
	err := os.Rename(s.path, dead)
	if err != nil {
		// Windows renames no folder with an open file. Without ours it does, and
		// fails if another process has opened it in between.
		_ = s.lock.Unlock()
		err = os.Rename(s.path, dead)
	}
	if err == nil {
		_ = os.RemoveAll(dead)
	}
	_ = s.lock.Unlock()
}

// sweep removes the stages of dead processes in parent, and puts back what one
// of them had moved away. What it cannot do it leaves to the next.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !stageName().MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(parent, e.Name())
		if strings.HasPrefix(e.Name(), deadPrefix) {
			_ = os.RemoveAll(path)
			continue
		}
		lock, ok, err := takeLock(path)
		if err != nil || !ok || lock == nil {
			continue
		}
		s := &stage{path, lock}
		if s.recover() == nil {
			s.remove()
		} else {
			_ = lock.Unlock()
		}
	}
}
