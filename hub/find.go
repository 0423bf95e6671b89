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
	if err != nil && !strings.Contains(ref, "/") {
		return folder, fmt.Errorf("there is no folder %s here, and as a Hub id: %w", ref, err)
	}
	return folder, err
}

func (f Finder) fetch(ctx context.Context, id, revision string, files []Want) (Folder, error) {
	request := Request{Repo: id, Revision: revision, Files: files}
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
