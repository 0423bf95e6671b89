package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/m2v-dev/m2v/internal/files"
)

// commit puts the stage's folder in the target's place, in one step where the
// system can. What was there is then in the stage, to be removed with it.
func (s *stage) commit(target string, o Options) error {
	// Much may have happened while the model was made.
	if err := checkTarget(target, o); err != nil {
		return err
	}
	err := renameNew(s.model(), target)
	if o.Force && errors.Is(err, fs.ErrExist) {
		err = exchange(s.model(), target)
		if errors.Is(err, errors.ErrUnsupported) {
			err = s.exchangeInSteps(target)
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	case errors.Is(err, syscall.EBUSY):
		return errors.New("it is in use, as a mount point is: choose a folder inside it")
	case errors.Is(err, syscall.EXDEV): // overlayfs, on a folder of a lower layer
		return errors.New("the system cannot move it, as with a folder of a container's image: remove it first")
	case err != nil:
		return fmt.Errorf("cannot put the folder in its place: %w", files.Bare(err))
	}
	return syncDir(filepath.Dir(target))
}

// exchangeInSteps is for systems that cannot exchange two folders: target → old,
// model → target. A process that is killed in between leaves no target, but an
// old and the note of its name, with which recover makes the first step undone.
func (s *stage) exchangeInSteps(target string) error {
	name := []byte(filepath.Base(target))
	if err := os.WriteFile(s.note(), name, 0o666); err != nil {
		return err
	}
	if err := syncDir(s.path); err != nil {
		return err
	}
	if err := os.Rename(target, s.old()); err != nil {
		return err
	}
	if err := os.Rename(s.model(), target); err != nil {
		return errors.Join(err, os.Rename(s.old(), target))
	}
	return nil
}

// recover puts back what a dead process had moved away without putting
// something in its place.
func (s *stage) recover() error {
	if _, err := os.Lstat(s.old()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	name, err := os.ReadFile(s.note())
	if err != nil {
		return err
	}
	target := filepath.Join(filepath.Dir(s.path), filepath.Base(string(name)))
	if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(s.old(), target)
	}
	return nil
}

// renameUnlessExists is renameNew for systems without such a call: a folder
// that appears between the two lines is only replaced if it is empty.
func renameUnlessExists(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}
