package hub

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Compiled when they are first used: that takes a fifth of a millisecond, which every start of
// the program would pay.
var (
	// One or two parts of letters, digits, "-", "_" and "."; a part neither
	// starts nor ends with a sign. Source: huggingface_hub's validate_repo_id.
	repoID   = compiled(`^(?:\w(?:[\w.-]{0,94}\w)?/)?\w(?:[\w.-]{0,94}\w)?$`)
	commitID = compiled(`^[0-9a-f]{40}$`)
	shortID  = compiled(`^[0-9a-f]{7,39}$`)
	sha256ID = compiled(`^[0-9a-f]{64}$`)
)

func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// CheckRepo returns an error unless id can be the id of a repository:
// "org/name" or "name", by the Hub's rules. It makes no request.
func CheckRepo(id string) error {
	switch {
	case !repoID().MatchString(id):
		return fmt.Errorf("hub: repository id %q is not org/name of letters, digits, '-', '_' and '.'", id)
	case strings.Contains(id, "--"), strings.Contains(id, ".."), strings.HasSuffix(id, ".git"):
		return fmt.Errorf("hub: repository id %q holds \"--\" or \"..\", or ends in .git", id)
	}
	return nil
}

// checkRevision returns an error unless rev can be the name of a branch, tag
// or commit, and of a file under refs/. "refs/pr/1" is one.
func checkRevision(rev string) error {
	if err := checkPath(rev); err != nil || len(rev) > 250 || strings.ContainsAny(rev, " ~^:?*[") || strings.HasSuffix(rev, ".lock") {
		return fmt.Errorf("hub: revision %q is not the name of a branch, tag or commit", rev)
	}
	return nil
}

// checkPath returns an error unless name, from a server or a file, is a
// slash-separated path that stays below the folder it is joined to, on every
// system.
func checkPath(name string) error {
	bad := name == "" || path.Clean(name) != name || strings.ContainsRune(name, '\\') ||
		!filepath.IsLocal(filepath.FromSlash(name)) || name == "." ||
		strings.ContainsFunc(name, unicode.IsControl)
	if bad {
		return fmt.Errorf("path %q is not inside the repository", printable(name))
	}
	return nil
}
