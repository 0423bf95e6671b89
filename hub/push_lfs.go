package hub

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A call to preupload or batch names at most this many files. Of each, preupload is shown
// the first bytes.
//
// Source: huggingface_hub 1.33.0, _commit_api.py.
const (
	filesPerCall = 256
	sampleBytes  = 512
)

// placement is where preupload puts a file.
type placement struct {
	Path   string `json:"path"`
	Mode   string `json:"uploadMode"` // "lfs" or "regular"
	Ignore bool   `json:"shouldIgnore"`
}

// prepare asks which files go to large file storage, and which the repository ignores.
func (u *upload) prepare(ctx context.Context) error {
	type question struct {
		Path   string `json:"path"`
		Sample string `json:"sample"`
		Size   int64  `json:"size"`
	}
	address := u.client.url(u.query(), "api/models", u.Repo, "preupload", url.PathEscape(u.Revision))
	for group := range slices.Chunk(u.added(), filesPerCall) {
		var ask struct {
			Files []question `json:"files"`
		}
		for _, f := range group {
			sample, err := f.sample()
			if err != nil {
				return fmt.Errorf("%s: %w", f.Path, err)
			}
			ask.Files = append(ask.Files, question{f.Path, base64.StdEncoding.EncodeToString(sample), f.Size})
		}
		var answer struct {
			Files []placement `json:"files"`
		}
		if err := u.client.post(ctx, address, ask, &answer); err != nil {
			return err
		}
		for _, f := range group {
			i := slices.IndexFunc(answer.Files, func(a placement) bool { return a.Path == f.Path })
			if i < 0 || answer.Files[i].Mode != "lfs" && answer.Files[i].Mode != "regular" {
				return fmt.Errorf("%s: the Hub's answer has no address to upload it to", f.Path)
			}
			f.LFS = answer.Files[i].Mode == "lfs" && f.Size > 0 // storage takes no empty file
			if answer.Files[i].Ignore {
				f.State = Ignored
			}
		}
	}
	if len(u.added()) == 0 {
		u.result.Commit, u.result.UpToDate = u.head, true
		u.finish()
	}
	return nil
}

// query is the one of preupload and commit.
func (u *upload) query() string {
	if u.PullRequest {
		return "create_pr=1"
	}
	return ""
}

// added are the files that the commit has.
func (u *upload) added() []*local {
	var list []*local
	for i := range u.files {
		if u.files[i].State == Added {
			list = append(list, &u.files[i])
		}
	}
	return list
}

func (f *local) sample() ([]byte, error) {
	file, err := f.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, min(f.Size, sampleBytes))
	if _, err := file.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data, nil
}

// object is a file's contents in large file storage.
type object struct {
	OID  string `json:"oid"`
	Size int64  `json:"size"`
}

// action is a request that the server asks for.
type action struct {
	Href   string            `json:"href"`
	Header map[string]string `json:"header"`
}

// transfer uploads the contents that large file storage lacks, one file after the other.
func (u *upload) transfer(ctx context.Context) error {
	var large []*local
	var p Progress
	for _, f := range u.added() {
		if f.LFS {
			large = append(large, f)
			p.Total += f.Size
		}
	}
	for group := range slices.Chunk(large, filesPerCall) {
		ask := map[string]any{"operation": "upload", "transfers": []string{"basic", "multipart"}, "hash_algo": "sha256",
			"ref": map[string]string{"name": u.Revision}}
		var objects []object
		for _, f := range group {
			objects = append(objects, object{f.sha256, f.Size})
		}
		ask["objects"] = objects
		var answer struct {
			Objects []struct {
				object
				Actions *struct {
					Upload *action `json:"upload"`
					Verify *action `json:"verify"`
				} `json:"actions"`
				Error *struct {
					Message string `json:"message"`
				} `json:"error"`
			} `json:"objects"`
		}
		if err := u.client.post(ctx, u.client.url("", u.Repo+".git/info/lfs/objects/batch"), ask, &answer); err != nil {
			return err
		}
		for _, f := range group {
			before := p.Done
			p.File = f.Path
			var upload, verify *action
			found := false
			for _, o := range answer.Objects {
				if o.OID != f.sha256 {
					continue
				}
				if o.Error != nil {
					return fmt.Errorf("%s: refused: %s", f.Path, u.client.printable(o.Error.Message))
				}
				if found = true; o.Actions != nil {
					upload, verify = o.Actions.Upload, o.Actions.Verify
				}
			}
			if !found {
				return fmt.Errorf("%s: the Hub's answer leaves it out", f.Path)
			}
			tell := func(sent int64) {
				p.Done = before + sent
				if u.Progress != nil {
					u.Progress(p)
				}
			}
			if upload != nil { // else storage has it
				if err := u.client.store(ctx, f, *upload, verify, tell); err != nil {
					return fmt.Errorf("%s: %w", f.Path, err)
				}
			}
			tell(f.Size)
		}
	}
	return nil
}

// store uploads one file's contents: in one request, or in the parts that the server's
// answer names, and has the server check them.
func (c *client) store(ctx context.Context, f *local, to action, verify *action, tell func(sent int64)) error {
	file, err := f.open()
	if err != nil {
		return err
	}
	defer file.Close()
	sum := &checked{sum: sha256.New()}
	if size := to.Header["chunk_size"]; size != "" {
		err = c.storeParts(ctx, f, file, to, sum, tell)
	} else {
		_, err = c.put(ctx, part{file, 0, f.Size}, to.Href, plainHeader(to.Header), sum, tell)
	}
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.sum.Sum(nil)); got != f.sha256 {
		return errChanged
	}
	if verify == nil {
		return nil
	}
	err = c.post(ctx, c.address(verify.Href), object{f.sha256, f.Size}, nil)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}

// checked is the hash of what was sent, each byte once, however often it was sent.
type checked struct{ sum hash.Hash }

// plainHeader is the header of an upload in one request.
func plainHeader(h map[string]string) http.Header {
	header := http.Header{}
	for key, value := range h {
		header.Set(key, value)
	}
	return header
}

// storeParts uploads a file in parts: the header of the action has their size and, under
// numbers from 1, their addresses.
func (c *client) storeParts(ctx context.Context, f *local, file content, to action, sum *checked, tell func(sent int64)) error {
	size, err := strconv.ParseInt(to.Header["chunk_size"], 10, 64)
	if err != nil || size <= 0 {
		return fmt.Errorf("chunk_size %q of the answer is not a size", printable(to.Header["chunk_size"]))
	}
	addresses := map[int64]string{}
	for key, address := range to.Header {
		if number, err := strconv.ParseInt(key, 10, 64); err == nil {
			addresses[number] = address
		}
	}
	count := (f.Size-1)/size + 1
	if int64(len(addresses)) != count {
		return fmt.Errorf("the answer has addresses of %d parts, the file has %d", len(addresses), count)
	}
	type done struct {
		Number int64  `json:"partNumber"`
		ETag   string `json:"etag"`
	}
	var parts []done
	for number := int64(1); number <= count; number++ {
		address, ok := addresses[number]
		if !ok {
			return fmt.Errorf("the answer has no address of part %d", number)
		}
		from := (number - 1) * size
		header, err := c.put(ctx, part{file, from, min(size, f.Size-from)}, address, nil, sum, func(sent int64) { tell(from + sent) })
		if err != nil {
			return fmt.Errorf("part %d of %d: %w", number, count, err)
		}
		if header.Get("ETag") == "" {
			return fmt.Errorf("part %d of %d: the answer has no ETag", number, count)
		}
		parts = append(parts, done{number, header.Get("ETag")})
	}
	return c.post(ctx, c.address(to.Href), map[string]any{"oid": f.sha256, "parts": parts}, nil)
}

// part is a part of a file.
type part struct {
	file         io.ReaderAt
	from, length int64
}

// put sends a part to an address, again from its start where the connection broke, and
// adds it to sum once it is there.
func (c *client) put(ctx context.Context, p part, address string, header http.Header, sum *checked, tell func(sent int64)) (answer http.Header, err error) {
	address = c.address(address)
	var try attempts
	defer try.next() // a try that broke off may still read: it tells nothing any more
	err = c.retry(ctx, func() (bool, error) {
		open := func() io.ReadCloser {
			return io.NopCloser(&told{io.NewSectionReader(p.file, p.from, p.length), try.telling(tell)})
		}
		return false, c.send(ctx, outgoing{method: http.MethodPut, address: address, header: header, open: open, length: p.length, patience: 10},
			func(res *http.Response) error {
				answer = res.Header
				return nil
			})
	})
	if err == nil {
		_, err = io.Copy(sum.sum, io.NewSectionReader(p.file, p.from, p.length))
	}
	return answer, err
}

// attempts are the times that a part is sent, one after the other: only the last one tells
// how far it is.
type attempts struct {
	mu   sync.Mutex
	last int
}

// next begins another try.
func (t *attempts) next() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	return t.last
}

// telling begins another try, and returns what adds up its bytes for tell.
func (t *attempts) telling(tell func(sent int64)) func(n int) {
	mine, sent := t.next(), int64(0)
	return func(n int) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine == t.last {
			sent += int64(n)
			tell(sent)
		}
	}
}

// told tells how many bytes are read.
type told struct {
	io.Reader
	tell func(n int)
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.tell(n)
	return n, err
}

// address is one that the server's answer names. A mirror may pass on the Hub's own, which
// becomes the mirror's.
func (c *client) address(href string) string {
	if rest, ok := strings.CutPrefix(href, DefaultEndpoint+"/"); ok {
		return c.url("") + "/" + rest
	}
	return href
}

// jsonRequest is a request whose body is v as JSON.
func jsonRequest(method, address string, v any) outgoing {
	data, _ := json.Marshal(v) // strings and numbers
	return bodyRequest(method, address, "application/json", data)
}

func bodyRequest(method, address, kind string, data []byte) outgoing {
	header := http.Header{"Content-Type": {kind}}
	if strings.HasSuffix(address, "/info/lfs/objects/batch") {
		header = http.Header{"Content-Type": {"application/vnd.git-lfs+json"}, "Accept": {"application/vnd.git-lfs+json"}}
	}
	open := func() io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }
	return outgoing{method: method, address: address, header: header, open: open, length: int64(len(data)), patience: 10}
}
