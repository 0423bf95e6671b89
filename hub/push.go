package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Push is what to upload: the files of a folder, as one commit.
type Push struct {
	Dir      string
	Repo     string // "org/name"; it is made if there is none
	Revision string // a branch, which is made if there is none; "" is "main"
	Private  bool   // for a repository that is made; one that is public is an error
	// PullRequest opens a pull request instead of a commit on the branch.
	PullRequest bool
	Message     string // the commit's first line; "" is DefaultMessage
	// Replace are contents that are uploaded in place of files in Dir, or beside them, by
	// their paths in the repository.
	Replace map[string][]byte
	// DryRun asks the Hub what is there and changes nothing.
	DryRun bool
	// Progress, if not nil, is told how the uploads go, from Upload's own goroutine and often.
	Progress func(Progress)
}

// DefaultMessage is the message of a commit that has none of its own.
const DefaultMessage = "Upload model with m2v"

// The states of a file of a Push.
const (
	Added     = "added"     // or changed
	Unchanged = "unchanged" // the branch has it as it is
	Ignored   = "ignored"   // by the repository's .gitignore
)

// PushedFile is a file of a Push.
type PushedFile struct {
	Path  string `json:"path"` // in the repository
	Size  int64  `json:"size"`
	State string `json:"state"`
	LFS   bool   `json:"lfs"` // its contents are in large file storage; of a dry run, not known
}

// Pushed is what became of a Push.
type Pushed struct {
	Repo    string `json:"repo"`
	Created bool   `json:"created"` // the repository was made, or would be
	// Commit holds the files: a new one, or the branch's where it has them all. "" in a dry run
	// that would make one.
	Commit      string       `json:"commit"`
	UpToDate    bool         `json:"up_to_date"` // no commit was needed
	PullRequest string       `json:"pull_request,omitempty"`
	URL         string       `json:"url"` // of the repository
	Files       []PushedFile `json:"files"`
}

// Upload makes the files of a folder a commit of a repository. Files of the repository
// that the folder lacks stay. Nothing is committed where the branch has the files already.
//
// Requests that fail in passing are repeated, but for the commit: it is sent once, and
// refused by the Hub if the branch has moved since the files were compared (ErrMoved). Where its
// answer is lost, Upload looks at the branch: the files there tell that the commit has landed; else
// the error is ErrLanded, and another Upload finds out. After the commit the hashes that the
// Hub lists are compared with those of the files (ErrChecksum).
//
// Errors are of type *Error, as those of Fetch.
func Upload(ctx context.Context, p Push, c Config) (*Pushed, error) {
	p.Revision, p.Message = cmp.Or(p.Revision, "main"), cmp.Or(p.Message, DefaultMessage)
	if err := p.check(); err != nil {
		return nil, err
	}
	if c.Offline {
		return nil, fail(p.Repo, "upload", hinted{errors.New("the Hub may not be asked"), "unset HF_HUB_OFFLINE"})
	}
	cl, err := newClient(c)
	if err != nil {
		return nil, err
	}
	if cl.writes = true; cl.token == "" {
		return nil, fail(p.Repo, "upload", hinted{fmt.Errorf("%w: no token", ErrAccess), "set HF_TOKEN to a token that may write it"})
	}
	u := &upload{Push: p, client: cl, result: &Pushed{Repo: p.Repo, URL: cl.url("", p.Repo)}}
	for _, stage := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"read files", u.read},        // local files, with their hashes
		{"look up", u.find},           // the repository and the branch, made if need be
		{"compare files", u.compare},  // which of them the branch has
		{"prepare", u.prepare},        // which go to large file storage
		{"upload files", u.transfer},  // those
		{"commit", u.commit},          // the rest, and the names of those
		{"check the commit", u.check}, // the Hub's hashes
	} {
		if err := stage.do(ctx); err != nil {
			return nil, fail(p.Repo, stage.name, err)
		}
		if u.done {
			break
		}
	}
	return u.result, nil
}

func (p Push) check() error {
	if err := cmp.Or(CheckRepo(p.Repo), checkRevision(p.Revision)); err != nil {
		return err
	}
	switch {
	case !strings.Contains(p.Repo, "/"):
		return fmt.Errorf("hub: repository id %q has no owner: write owner/%s", p.Repo, p.Repo)
	case commitID().MatchString(p.Revision):
		return fmt.Errorf("hub: revision %s is a commit: files are added to a branch", p.Revision)
	case p.PullRequest && p.Revision != "main":
		return fmt.Errorf("hub: revision %s: a pull request is against main", p.Revision)
	}
	for name := range p.Replace {
		if err := checkPath(name); err != nil {
			return err
		}
	}
	return nil
}

// upload is a Push at work.
type upload struct {
	Push
	client *client
	files  []local // by path
	head   string  // the branch's commit; "" in a dry run where there is none
	result *Pushed
	done   bool
}

// repository is what the Hub says of one.
type repository struct {
	SHA     string `json:"sha"`
	Private bool   `json:"private"`
}

// find looks the branch up, and makes it and the repository where they are missing.
func (u *upload) find(ctx context.Context) error {
	info, err := u.look(ctx, u.Revision)
	if errors.Is(err, ErrRepo) {
		u.result.Created = true
		if u.DryRun {
			return nil
		}
		if err = u.create(ctx); err == nil {
			info, err = u.look(ctx, u.Revision)
		}
	}
	if errors.Is(err, ErrRevision) {
		if u.DryRun {
			return nil
		}
		if err = u.branch(ctx); err == nil {
			info, err = u.look(ctx, u.Revision)
		}
	}
	if err != nil {
		return err
	}
	if u.Private && !info.Private {
		return hinted{errors.New("the repository is public, and --private was asked for"), "make it private on its page, or leave --private out"}
	}
	u.head = info.SHA
	return nil
}

// look asks what a branch is now.
func (u *upload) look(ctx context.Context, rev string) (repository, error) {
	var info repository
	_, err := u.client.json(ctx, u.client.url("", "api/models", u.Repo, "revision", url.PathEscape(rev)), &info)
	if err == nil && !commitID().MatchString(info.SHA) {
		err = fmt.Errorf("commit %q of the answer is not a git hash", printable(info.SHA))
	}
	return info, err
}

// create makes the repository. One that there is by now is as good: the next look tells.
func (u *upload) create(ctx context.Context) error {
	owner, name, _ := strings.Cut(u.Repo, "/")
	body := map[string]any{"name": name, "organization": owner, "type": "model"}
	if u.Private {
		body["visibility"] = "private"
	}
	err := u.client.post(ctx, u.client.url("", "api/repos/create"), body, nil)
	if errors.Is(err, errConflict) {
		u.result.Created = false
		return nil
	}
	return err
}

// branch makes the branch of the main one.
func (u *upload) branch(ctx context.Context) error {
	err := u.client.post(ctx, u.client.url("", "api/models", u.Repo, "branch", url.PathEscape(u.Revision)), map[string]any{}, nil)
	if errors.Is(err, errConflict) {
		return nil
	}
	return err
}

// compare tells which files the branch has already.
func (u *upload) compare(ctx context.Context) error {
	there := listing{}
	if u.head != "" {
		var err error
		if there, err = u.client.list(ctx, u.Repo, u.head); err != nil {
			return err
		}
	}
	changed := false
	for i := range u.files {
		f := &u.files[i]
		f.State = Added
		if f.is(there) {
			f.State, f.LFS = Unchanged, there[f.Path].SHA256 != ""
		}
		changed = changed || f.State == Added
	}
	if !changed {
		u.result.Commit, u.result.UpToDate = u.head, true
	}
	if u.DryRun || !changed {
		u.finish()
	}
	return nil
}

// finish puts the files into the result.
func (u *upload) finish() {
	u.done = true
	u.result.Files = []PushedFile{}
	for _, f := range u.files {
		u.result.Files = append(u.result.Files, f.PushedFile)
	}
}

// check compares the hashes that the Hub lists for the commit with the files'.
func (u *upload) check(ctx context.Context) error {
	there, err := u.client.list(ctx, u.Repo, u.result.Commit)
	if err != nil {
		return err
	}
	for _, f := range u.files {
		if f.State != Ignored && !f.is(there) {
			return hinted{fmt.Errorf("%w: %s in commit %s differs from the file that was sent", ErrChecksum, f.Path, u.result.Commit), "run again: only that file is sent"}
		}
	}
	u.finish()
	return nil
}

// post sends v as JSON and reads the answer into out, unless that is nil. It is for
// requests that may be repeated.
func (c *client) post(ctx context.Context, address string, v, out any) error {
	return c.retry(ctx, func() (bool, error) {
		return false, c.send(ctx, jsonRequest(http.MethodPost, address, v), func(res *http.Response) error {
			if out == nil {
				return nil
			}
			return c.decode(res, out)
		})
	})
}
