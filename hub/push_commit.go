package hub

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// commit makes the commit. It is sent once: only a request that never reached the Hub, or
// that the Hub refused for being one too many (429), is sent again.
func (u *upload) commit(ctx context.Context) error {
	body, err := u.operations()
	if err != nil {
		return err
	}
	address := u.client.url(u.query(), "api/models", u.Repo, "commit", url.PathEscape(u.Revision))
	request := bodyRequest(http.MethodPost, address, "application/x-ndjson", body)
	var answer struct {
		OID         string `json:"commitOid"`
		PullRequest string `json:"pullRequestUrl"`
	}
	var lost error
	err = u.client.retry(ctx, func() (bool, error) {
		err := u.client.send(ctx, request, func(res *http.Response) error { return u.client.decode(res, &answer) })
		if err != nil && !unsent(err) {
			lost = err
			if passing, ok := errors.AsType[transient](err); ok {
				err = passing.error // no longer one to repeat
			}
		}
		return false, err
	})
	switch {
	case err == nil && commitID().MatchString(answer.OID):
		u.result.Commit, u.result.PullRequest = answer.OID, u.client.printable(answer.PullRequest)
		return nil
	case err == nil:
		lost = fmt.Errorf("commit %q of the answer is not a git hash", printable(answer.OID))
	case refused(err) || lost == nil:
		return err
	}
	return u.settle(ctx, lost)
}

// unsent tells whether a request has certainly changed nothing, and may be repeated.
func unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return errors.Is(err, errBusy)
}

// refused tells whether the Hub's answer says that there is no commit.
func refused(err error) bool {
	for _, cause := range []error{ErrRepo, ErrRevision, ErrFile, ErrAccess, ErrMoved, errConflict, errRefused, errBusy} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// settle finds out whether a commit whose answer was lost has landed: the branch then has
// moved and has the files.
func (u *upload) settle(ctx context.Context, lost error) error {
	landed := func(hint string) error {
		return hinted{fmt.Errorf("%w: its answer was lost: %w", ErrLanded, lost), hint}
	}
	if ctx.Err() != nil {
		return landed("run again: what has landed is not committed twice")
	}
	if u.PullRequest {
		return landed("look at the pull requests on the model's page before you run again, which would open another")
	}
	again := "run again: what has landed by then is not committed twice"
	info, err := u.look(ctx, u.Revision)
	if err != nil || info.SHA == u.head {
		return landed(again)
	}
	there, err := u.client.list(ctx, u.Repo, info.SHA)
	if err != nil {
		return landed(again)
	}
	for _, f := range u.files {
		if f.State != Ignored && !f.is(there) {
			return hinted{fmt.Errorf("%w: the answer to the commit was lost (%w), and the branch now ends in another commit", ErrMoved, lost), again}
		}
	}
	u.result.Commit = info.SHA
	return nil
}

// operations is the commit's body: a header, then a line for each file that is added.
func (u *upload) operations() ([]byte, error) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	line := func(key string, value map[string]any) error {
		return e.Encode(map[string]any{"key": key, "value": value})
	}
	err := line("header", map[string]any{"summary": u.Message, "description": "", "parentCommit": u.head})
	for _, f := range u.added() {
		if err != nil {
			break
		}
		if f.LFS {
			err = line("lfsFile", map[string]any{"path": f.Path, "algo": "sha256", "oid": f.sha256, "size": f.Size})
			continue
		}
		var data []byte
		if data, err = f.all(); err == nil {
			err = line("file", map[string]any{"path": f.Path, "encoding": "base64", "content": base64.StdEncoding.EncodeToString(data)})
		}
	}
	return body.Bytes(), err
}

// all returns the whole contents of a small file.
func (f *local) all() ([]byte, error) {
	file, err := f.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.NewSectionReader(file, 0, f.Size))
	if err == nil && int64(len(data)) != f.Size {
		err = errChanged
	}
	return data, err
}
