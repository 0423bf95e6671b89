package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Request is what to fetch.
type Request struct {
	Repo     string // "org/name", or "name" for the Hub's oldest models
	Revision string // a branch, tag, commit or its first letters (7 or more); "" is "main"
	Files    []Want // see TeacherFiles and StaticFiles
	Refresh  bool   // ask the Hub what the revision is now, even if the cache has it

	// Progress, if not nil, is told how the downloads go, from Fetch's own
	// goroutine and often: a display must pick its own pace.
	Progress func(Progress)
}

// Progress is how far Fetch has come with what is not in the cache.
type Progress struct {
	File        string // its path in the repository
	Done, Total int64  // bytes of all files; Done falls if a try must start anew, Total grows with files that others name
}

// Fetch returns the local folder of a repository's snapshot with the files
// that r wants in it; the folder's name is the commit. What the cache has is
// used without any request. What is fetched is checked against the hashes and
// sizes that the Hub lists, and only then visible in the cache.
//
// Where the Hub cannot be asked, a folder that lacks only optional files is
// returned as it is. Other files may be in the folder. Many processes may fetch at once, Python
// ones among them. Cancelling ctx leaves a partial file that the next Fetch
// goes on with.
//
// Errors are of type *Error, with a hint where there is a next step;
// errors.Is tells ErrRepo, ErrRevision, ErrFile, ErrAccess, ErrOffline and
// ErrChecksum.
func Fetch(ctx context.Context, r Request, c Config) (string, error) {
	if r.Revision == "" {
		r.Revision = "main"
	}
	if err := cmp.Or(CheckRepo(r.Repo), checkRevision(r.Revision), checkWants(r.Files)); err != nil {
		return "", err
	}
	repo, err := c.repo(r.Repo)
	if err != nil {
		return "", err
	}
	var missing []string
	fallback := ""
	if commit := repo.commit(r.Revision); commit != "" && (!r.Refresh || c.Offline) {
		if missing = repo.missing(commit, r.Files, true); len(missing) == 0 {
			return repo.snapshot(commit), nil
		}
		if len(repo.missing(commit, r.Files, false)) == 0 {
			fallback = repo.snapshot(commit)
		}
	}
	if c.Offline {
		if fallback != "" {
			return fallback, nil
		}
		return "", fail(r.Repo, "find files", offline(r.Revision, missing))
	}
	cl, err := newClient(c)
	if err != nil {
		return "", err
	}
	dir, err := fetch(ctx, r, repo, cl)
	if fallback != "" && errors.Is(err, errUnreachable) {
		return fallback, nil
	}
	return dir, err
}

func offline(rev string, missing []string) error {
	err := fmt.Errorf("%w: revision %s", ErrOffline, rev)
	if len(missing) > 0 {
		err = fmt.Errorf("%w: %s", ErrOffline, strings.Join(missing, ", "))
	}
	return hinted{err, "unset HF_HUB_OFFLINE to fetch it"}
}

func fetch(ctx context.Context, r Request, repo repo, cl *client) (string, error) {
	commit := r.Revision
	if !commitID().MatchString(commit) {
		var err error
		if commit, err = cl.resolve(ctx, r.Repo, r.Revision); err != nil {
			return "", fail(r.Repo, "look up revision "+r.Revision, err)
		}
	}
	files, known := repo.listing(commit)
	if !known {
		var err error
		if files, err = cl.list(ctx, r.Repo, commit); err != nil {
			return "", fail(r.Repo, "list files", err)
		}
	}
	if !known {
		repo.keep(commit, files)
	}
	if err := fetchWants(ctx, cl, repo, commit, files, r); err != nil {
		return "", err
	}
	repo.remember(r.Revision, commit)
	return repo.snapshot(commit), nil
}

// fetchWants brings the wanted files of a commit into its snapshot, then those that
// they name, until none names another.
func fetchWants(ctx context.Context, cl *client, repo repo, commit string, files listing, r Request) error {
	wants, err := r.Files, error(nil)
	var p Progress
	for range maxRounds {
		picked, lacking := pick(wants, files.names())
		if len(lacking) > 0 {
			return fail(r.Repo, "find files", noSuchFile(lacking, files.names()))
		}
		if err := complete(ctx, cl, repo, commit, files, picked, &p, r.Progress); err != nil {
			return err
		}
		if wants, err = named(wants, repo.snapshot(commit)); err != nil {
			return fail(r.Repo, "read files", err)
		}
		if len(wants) == 0 {
			return nil
		}
	}
	return nil
}

// maxRounds bounds how often files name others that name others.
const maxRounds = 16

// smallFiles is up to how many bytes a download is not told of: the few that say which
// files are wanted.
const smallFiles = 1 << 14

// complete brings the picked files of a commit into its snapshot, one after
// the other: one of them is nearly all of the bytes. p counts on.
func complete(ctx context.Context, cl *client, repo repo, commit string, files listing, picked []string, p *Progress, progress func(Progress)) error {
	var absent []file
	before := p.Total
	for _, name := range picked {
		if f := files[name]; !repo.has(commit, name, f.Size) {
			absent = append(absent, f)
			p.Total += f.Size
		}
	}
	for _, f := range absent {
		tell := func(have int64) {
			p.Done = before + have
			if progress != nil && p.Total > smallFiles {
				progress(*p)
			}
		}
		p.File = f.Path
		tell(0) // before a wait for another process's lock
		if err := place(ctx, cl, repo, commit, f, tell); err != nil {
			return fail(repo.id, "fetch "+f.Path, err)
		}
		before += f.Size
		tell(0)
	}
	return nil
}

// place brings one file into a snapshot, downloading its blob unless it is
// there, under the blob's lock.
func place(ctx context.Context, cl *client, repo repo, commit string, f file, tell func(have int64)) error {
	unlock, exclusive, err := repo.lock(ctx, f.blob())
	if err != nil {
		return err
	}
	defer unlock()
	if repo.has(commit, f.Path, f.Size) {
		return nil // another process was faster
	}
	blob := repo.blob(f.blob())
	if info, err := os.Stat(blob); err == nil && info.Size() == f.Size {
		return repo.link(commit, f, false)
	}
	partial := blob + ".incomplete"
	if !exclusive { // two writers must not meet: nothing is shared, nothing resumed
		partial = unique(blob)
		defer os.Remove(partial)
	}
	address := cl.url("", repo.id, "resolve", commit, slashed(f.Path))
	if err := cl.fetchBlob(ctx, address, f, partial, blob, tell); err != nil {
		return err
	}
	return repo.link(commit, f, true)
}
