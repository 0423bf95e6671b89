package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/m2v-dev/m2v/internal/files"
)

// repo is one repository's place in the cache.
type repo struct {
	id, dir, locks string
	noLinks        bool
}

func (c Config) repo(id string) (repo, error) {
	if c.Cache == "" {
		return repo{}, errors.New("hub: no cache folder is configured")
	}
	cache, err := filepath.Abs(c.Cache)
	if err != nil {
		return repo{}, fmt.Errorf("hub: locate the cache %s: %w", c.Cache, err)
	}
	folder := "models--" + strings.ReplaceAll(id, "/", "--")
	return repo{id, filepath.Join(cache, folder), filepath.Join(cache, ".locks", folder), c.NoLinks}, nil
}

func (r repo) snapshot(commit string) string { return filepath.Join(r.dir, "snapshots", commit) }
func (r repo) pointer(commit, name string) string {
	return filepath.Join(r.snapshot(commit), filepath.FromSlash(name))
}
func (r repo) blob(id string) string { return filepath.Join(r.dir, "blobs", id) }
func (r repo) ref(rev string) string { return filepath.Join(r.dir, "refs", filepath.FromSlash(rev)) }
func (r repo) tree(commit string) string {
	return filepath.Join(r.dir, "trees", commit+".json")
}

// commit returns the commit that the cache knows rev to stand for, "" if none:
// rev itself, what refs/ remembers, or the one snapshot whose commit starts
// with rev.
func (r repo) commit(rev string) string {
	if commitID().MatchString(rev) {
		return rev
	}
	if data, err := os.ReadFile(r.ref(rev)); err == nil {
		if commit := strings.TrimSpace(string(data)); commitID().MatchString(commit) {
			return commit
		}
	}
	if !shortID().MatchString(rev) {
		return ""
	}
	found := ""
	entries, _ := os.ReadDir(filepath.Join(r.dir, "snapshots")) // no folder: nothing found
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), rev) && commitID().MatchString(entry.Name()) {
			if found != "" {
				return "" // ambiguous: the Hub decides
			}
			found = entry.Name()
		}
	}
	return found
}

// missing returns which of the wanted files a commit's snapshot lacks, those that
// they name included. Where the commit's listing is known, those are the wanted files
// that the repository has and the snapshot has not, at their size. Where it is not (an
// older Python client keeps none), one file for each required want is enough, as it is
// unless optional ones count.
func (r repo) missing(commit string, wants []Want, optional bool) (missing []string) {
	files, known := r.listing(commit)
	names := files.names()
	if !known {
		names = r.present(commit)
	}
	for range maxRounds {
		counted := wants
		if !optional {
			counted = required(wants)
		}
		picked, lacking := pick(counted, names)
		for _, want := range lacking {
			missing = append(missing, plain(want.Any[0]))
		}
		for _, name := range picked {
			if known && !r.has(commit, name, files[name].Size) {
				missing = append(missing, name)
			}
		}
		more, err := named(wants, r.snapshot(commit))
		if err != nil || len(more) == 0 { // what is wrong with a file is its reader's to say
			break
		}
		wants = more
	}
	return missing
}

// has reports whether a snapshot holds a file of that size.
func (r repo) has(commit, name string, size int64) bool {
	info, err := os.Stat(r.pointer(commit, name))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// present returns the slash-separated paths of a snapshot's files, sorted; a
// link whose blob is gone is not one.
func (r repo) present(commit string) []string {
	var names []string
	root := r.snapshot(commit)
	// What cannot be read counts as missing, so errors only end a branch.
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if name, err := filepath.Rel(root, path); err == nil {
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	return names
}

// keep writes a commit's listing and remember writes refs/rev, unless rev is
// the commit itself. Both only save later requests, so a cache that may not be
// written (all files are there: a download would have failed) is no error.
func (r repo) keep(commit string, files listing) {
	data, err := files.bytes()
	if err == nil && writeFile(r.tree(commit), data) == nil {
		r.tag()
	}
}

func (r repo) remember(rev, commit string) {
	if rev != commit && r.storedRef(rev) != commit {
		_ = writeFile(r.ref(rev), []byte(commit))
	}
}

func (r repo) storedRef(rev string) string {
	data, err := os.ReadFile(r.ref(rev))
	if err != nil {
		return ""
	}
	return string(data)
}

// link makes the snapshot's entry for a file whose blob is there: a relative
// link, as the Python client does; where links are impossible, the blob itself
// if it is fresh (no other snapshot can use it yet), else a copy.
func (r repo) link(commit string, f file, fresh bool) error {
	blob, pointer := r.blob(f.blob()), r.pointer(commit, f.Path)
	if err := os.MkdirAll(filepath.Dir(pointer), 0o777); err != nil {
		return err
	}
	temp := unique(pointer)
	defer os.Remove(temp) // left only where a step below failed
	if !r.noLinks {
		target, err := filepath.Rel(filepath.Dir(pointer), blob)
		if err != nil {
			return err
		}
		if os.Symlink(target, temp) == nil {
			return os.Rename(temp, pointer)
		}
	}
	if fresh {
		return os.Rename(blob, pointer)
	}
	if err := copyFile(temp, blob); err != nil {
		return err
	}
	return os.Rename(temp, pointer)
}

// unique returns a name beside path that no other process or goroutine uses.
func unique(path string) string { return path + "." + rand.Text()[:8] + ".tmp" }

func copyFile(dst, src string) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(dst)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// writeFile writes a small file so that a reader sees all of it or none.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return files.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// tag marks the cache for backup tools, as the Python client does
// (bford.info/cachedir). It is a courtesy: a failure changes nothing.
func (r repo) tag() {
	path := filepath.Join(filepath.Dir(r.dir), "CACHEDIR.TAG")
	if _, err := os.Lstat(path); err == nil {
		return
	}
	_ = os.WriteFile(path, []byte("Signature: 8a477f597d28d172789f06886806bc55\n"+
		"# This folder is a cache of models from the Hugging Face Hub.\n"), 0o666)
}

// lock waits until no other process, Go or Python, writes a blob. exclusive is
// false where the file system has no locks: then nobody may share a file.
func (r repo) lock(ctx context.Context, blob string) (unlock func(), exclusive bool, err error) {
	if err := os.MkdirAll(r.locks, 0o777); err != nil {
		return nil, false, err
	}
	// 0664 as the Python client: people of one group share a cache.
	l := flock.New(filepath.Join(r.locks, blob+".lock"), flock.SetPermissions(0o664))
	ok, err := l.TryLockContext(ctx, 50*time.Millisecond)
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case err != nil && !errors.Is(err, fs.ErrPermission) || ok:
		return func() { _ = l.Close() }, ok, nil
	}
	return nil, false, fmt.Errorf("lock %s: %w", l.Path(), err)
}
