package vectors

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
)

// pending is a file that is not under its name yet.
type pending struct {
	target string
	temp   *os.File
	direct bool         // temp is the target itself, which is no regular file
	lock   *flock.Flock // held on temp while this process lives; nil if it cannot be
	done   bool
}

const suffix = ".m2v-tmp"

// newPending begins a file beside path, in whose place commit puts it. If path
// is a link, what it points to is replaced. header says that the start is
// written last.
func newPending(path string, header bool) (*pending, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		if header {
			return nil, errors.New("its format needs a regular file")
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &pending{target: path, temp: f, direct: true}, err
	case err == nil:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	p := &pending{target: path}
	p.sweep()
	for {
		name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]+suffix)
		if p.temp, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			return nil, err
		}
		p.lock = alive(name)
		// Another process's sweep may have come between: the name must still be ours.
		if here, err := os.Stat(name); err == nil {
			if mine, err := p.temp.Stat(); err == nil && os.SameFile(here, mine) {
				return p, nil
			}
		}
		p.discard()
		p.done = false
	}
}

// alive takes the lock that tells sweep that a temporary file is in use, nil
// if another process has it or there are none. Windows has no use for it:
// nothing removes a file there that is open.
func alive(name string) *flock.Flock {
	if runtime.GOOS == "windows" {
		return nil
	}
	l := flock.New(name, flock.SetFlag(os.O_RDWR))
	if ok, err := l.TryLock(); err != nil || !ok {
		_ = l.Close()
		return nil
	}
	return l
}

// sweep removes the temporary files that killed runs left for this target.
// One whose lock is held is a live run's.
func (p *pending) sweep() {
	dir, prefix := filepath.Dir(p.target), "."+filepath.Base(p.target)+"."
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // creating the file will say why
	}
	for _, entry := range entries {
		middle, ok := strings.CutPrefix(entry.Name(), prefix)
		if middle, ok2 := strings.CutSuffix(middle, suffix); !ok || !ok2 || len(middle) != 8 || !entry.Type().IsRegular() {
			continue
		}
		name := filepath.Join(dir, entry.Name())
		if runtime.GOOS == "windows" {
			_ = os.Remove(name)
		} else if l := alive(name); l != nil {
			_ = os.Remove(name)
			_ = l.Close()
		}
	}
}

// commit writes header over the file's start and puts the file in its place.
func (p *pending) commit(header []byte) error {
	if p.direct {
		p.done = true
		return p.temp.Close()
	}
	if len(header) > 0 {
		if _, err := p.temp.WriteAt(header, 0); err != nil {
			return err
		}
	}
	if err := p.temp.Sync(); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // which renames no open file
		if err := p.temp.Close(); err != nil {
			return err
		}
	}
	if err := os.Rename(p.temp.Name(), p.target); err != nil {
		return err
	}
	p.done = true
	p.unlock()
	if runtime.GOOS == "windows" {
		return nil
	}
	return p.temp.Close()
}

// discard removes the temporary file, if it was not committed.
func (p *pending) discard() {
	if p.done {
		return
	}
	p.done = true
	_ = p.temp.Close()
	if !p.direct {
		_ = os.Remove(p.temp.Name())
	}
	p.unlock()
}

func (p *pending) unlock() {
	if p.lock != nil {
		_ = p.lock.Close()
	}
}
