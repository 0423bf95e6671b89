package files

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

// Pending is a file that is not under its name yet. Discard it in any case: after
// Commit that does nothing.
type Pending struct {
	target string
	temp   *os.File
	direct bool         // temp is the target itself, which is no regular file
	lock   *flock.Flock // held on temp while this process lives; nil if it cannot be
	done   bool

	written, asked int64 // bytes of Write, and those of them that the system was asked to store
}

// Errors of NewPending that a caller may want to tell from others.
var (
	ErrFolder   = errors.New("it is a folder")
	ErrReadOnly = errors.New("it is read-only")
)

// Suffix ends the name of a file that is being written, which begins with a dot.
const Suffix = ".m2v-tmp"

// NewPending begins a file beside path, in whose place Commit puts it. A path that
// is no regular file, such as /dev/null or a FIFO, is opened itself.
func NewPending(path string) (*Pending, error) {
	path, err := follow(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, ErrFolder
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &Pending{target: path, temp: f, direct: true}, err
	case err == nil:
		if err := writable(path, info); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	p := &Pending{target: path}
	p.sweep()
	if err := p.create(); err != nil {
		return nil, err
	}
	if info != nil {
		if err := p.temp.Chmod(info.Mode().Perm()); err != nil {
			p.Discard()
			return nil, err
		}
	}
	return p, nil
}

// IsStream tells whether something is at path that is written to as it is, such as a
// device or a FIFO.
func IsStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// create opens a temporary file beside the target, under a name of its own, with the
// mode that the umask leaves, and locked.
func (p *Pending) create() (err error) {
	for {
		name := filepath.Join(filepath.Dir(p.target), "."+filepath.Base(p.target)+"."+rand.Text()[:8]+Suffix)
		if p.temp, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			return err
		}
		p.lock = alive(name)
		// Another process's sweep may have come between: the name must still be ours.
		if here, err := os.Stat(name); err == nil {
			if mine, err := p.temp.Stat(); err == nil && os.SameFile(here, mine) {
				return nil
			}
		}
		p.Discard()
		p.done = false
	}
}

// follow returns the path that a link leads to, whether there is something or not.
func follow(path string) (string, error) {
	const most = 40 // as Linux
	for range most {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil // a path that is not there is for the caller to judge
		}
		if IsStream(path) {
			return path, nil // /dev/stdout may lead to a pipe, which has no path
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", errors.New("too many links lead from it")
}

// writable refuses a file that its owner protects: a rename would replace it
// although nothing may be written to it.
func writable(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o222 == 0 { // which root could write to, too
		return ErrReadOnly
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
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
func (p *Pending) sweep() {
	dir, prefix := filepath.Dir(p.target), "."+filepath.Base(p.target)+"."
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // creating the file will say why
	}
	for _, entry := range entries {
		middle, ok := strings.CutPrefix(entry.Name(), prefix)
		if middle, ok2 := strings.CutSuffix(middle, Suffix); !ok || !ok2 || len(middle) != 8 || !entry.Type().IsRegular() {
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

// Direct tells whether the file is the target itself, a device or a FIFO: what is
// written cannot be taken back, and nothing can be written again.
func (p *Pending) Direct() bool { return p.direct }

// ahead is how many bytes are written before the system is asked to store them, so that
// Commit, which waits until all are stored, has little left to wait for.
const ahead = 8 << 20

// Write appends data.
func (p *Pending) Write(data []byte) (int, error) {
	n, err := p.temp.Write(data)
	p.written += int64(n)
	if behind := p.written - p.asked; err == nil && behind >= ahead && !p.direct {
		store(p.temp, p.asked, behind)
		p.asked = p.written
	}
	return n, err
}

// WriteAt writes over what is there; the file must not be Direct.
func (p *Pending) WriteAt(data []byte, off int64) (int, error) { return p.temp.WriteAt(data, off) }

// Commit syncs the file and puts it in its place.
func (p *Pending) Commit() error {
	if p.direct {
		p.done = true
		return p.temp.Close()
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

// Discard removes the temporary file, if it was not committed.
func (p *Pending) Discard() {
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

func (p *Pending) unlock() {
	if p.lock != nil {
		_ = p.lock.Close()
	}
}
