package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/fault"
)

// Folder is a model on disk, and what others may call it.
type Folder struct {
	Dir    string
	Name   string // a Hub id, or "" where none is known: a path never gets into a model folder
	Commit string // of the Hub's repository; "" for a local folder
}

// Finder finds models: local folders, and repositories of the Hub, whose files are
// taken from the Hub's cache or fetched into it.
type Finder struct {
	Config Config
	// Refresh asks the Hub what a branch is now, even if the cache has it.
	Refresh bool
	// Progress, which may be nil, is told about downloads of a repository.
	Progress func(repo string, p Progress)
}

// Find returns the folder of ref. A local folder is not looked into; of a repository
// the wanted files are there afterwards. revision is a branch, tag or commit of a
// repository, "" for its main branch; a local folder has none.
func (f Finder) Find(ctx context.Context, ref, revision string, files []Want) (Folder, error) {
	info, err := os.Stat(ref)
	switch {
	case err == nil && info.IsDir():
		if revision != "" {
			return Folder{}, fault.Option("revision", revision, ": %s is a local folder, which has no revisions", ref)
		}
		return Folder{Dir: ref, Name: nameOrPath(ref)}, nil
	case err == nil:
		return Folder{}, fault.Hint(fmt.Errorf("%s: not a folder", ref), "give the folder that holds the model")
	case !errors.Is(err, fs.ErrNotExist):
		return Folder{}, err
	case looksLikePath(ref):
		return Folder{}, fault.Hint(fmt.Errorf("%s: no such folder", ref),
			"give a folder, or a Hub id such as sentence-transformers/all-MiniLM-L6-v2")
	}
	folder, err := f.fetch(ctx, ref, revision, files)
	return folder, noFolder(ref, err)
}

// noFolder says of a failure to find a repository that the name may as well be meant for a
// folder, which is not there either. Other failures are about a repository that exists.
func noFolder(ref string, err error) error {
	switch {
	case errors.Is(err, ErrRepo):
		return fault.Hint(&missing{ref + ": no such folder here, and no such repository on the Hub", err},
			"check the spelling; a private repository needs a token in HF_TOKEN")
	case errors.Is(err, errUnreachable):
		return fault.Hint(&missing{fmt.Sprintf("%s: no such folder here, and the Hub cannot be asked: %v", ref, step(err)), err},
			"check the spelling of a folder; for a Hub id "+connection)
	case errors.Is(err, ErrOffline):
		return fault.Hint(&missing{fmt.Sprintf("%s: no such folder here, and no such model in the Hub's cache: %v", ref, step(err)), err},
			"check the spelling of a folder; unset HF_HUB_OFFLINE to fetch a Hub id")
	}
	return err
}

// step is the cause of a failure, without the step that failed.
func step(err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Err
	}
	return err
}

// missing is an error in other words.
type missing struct {
	text string
	err  error
}

func (e *missing) Error() string { return e.text }
func (e *missing) Unwrap() error { return e.err }

func (f Finder) fetch(ctx context.Context, id, revision string, files []Want) (Folder, error) {
	request := Request{Repo: id, Revision: revision, Files: files, Refresh: f.Refresh}
	if f.Progress != nil {
		request.Progress = func(p Progress) { f.Progress(id, p) }
	}
	dir, err := Fetch(ctx, request, f.Config)
	if err != nil {
		return Folder{}, err
	}
	return Folder{Dir: dir, Name: id, Commit: filepath.Base(dir)}, nil
}

// looksLikePath tells a path that is not there from a Hub id.
func looksLikePath(ref string) bool {
	return filepath.IsAbs(ref) || strings.HasPrefix(ref, ".") || strings.HasPrefix(ref, "~") ||
		strings.HasSuffix(ref, "/") || CheckRepo(ref) != nil
}

// nameOrPath returns the Hub id that a local model's config.json remembers, ""
// if it remembers none or a path.
func nameOrPath(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return ""
	}
	var config struct {
		Name string `json:"_name_or_path"`
	}
	if json.Unmarshal(data, &config) != nil || !strings.Contains(config.Name, "/") || CheckRepo(config.Name) != nil {
		return ""
	}
	return config.Name
}

// String returns the name that the user knows the folder by: a Hub id, or a local path.
func (f Folder) String() string {
	if f.Commit != "" {
		return f.Name
	}
	return f.Dir
}
