package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/hubtest"
)

const secret = "hf_secretsecretsecret"

// model is a folder to upload: small files, and a large one.
func model(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{
		"config.json": `{"normalize": true}`, "README.md": "---\ntags:\n- m2v\n---\n# A model\n", "empty.txt": "",
		"model.safetensors": strings.Repeat("rows and more rows. ", 50), "sub/tokenizer.json": "{}", ".git/HEAD": "x", "x.incomplete": "x",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(data), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func newPushHub(t *testing.T) (*fakeHub, Push, Config) {
	t.Helper()
	h := newFakeHub(t, map[string]string{"README.md": "# Before\n", "old.txt": "stays"})
	h.Token = secret
	c := h.config(t)
	c.Token = secret
	return h, Push{Dir: model(t), Repo: "org/model"}, c
}

// uploaded fails unless branch main has the folder's files.
func uploaded(t *testing.T, h *fakeHub, dir string) {
	t.Helper()
	there := h.Commits[h.Refs["main"]]
	for _, name := range []string{"config.json", "README.md", "empty.txt", "model.safetensors", "sub/tokenizer.json"} {
		want, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := there[name]; !ok || !bytes.Equal(got, want) {
			t.Errorf("%s is %.40q, want %.40q", name, got, want)
		}
	}
	for _, name := range []string{".git/HEAD", "x.incomplete"} {
		if _, ok := there[name]; ok {
			t.Errorf("%s was uploaded", name)
		}
	}
}

func states(p *Pushed) map[string]string {
	out := map[string]string{}
	for _, f := range p.Files {
		out[f.Path] = f.State
	}
	return out
}

func TestUpload(t *testing.T) {
	for name, part := range map[string]int{"whole": 0, "parts": 300} {
		t.Run(name, func(t *testing.T) {
			h, p, c := newPushHub(t)
			h.Part = part
			var last Progress
			p.Message, p.Progress = "First <model>", func(now Progress) { last = now }
			got, err := Upload(t.Context(), p, c)
			if err != nil {
				t.Fatal(err)
			}
			uploaded(t, h, p.Dir)
			if got.Commit != h.Refs["main"] || got.Created || got.UpToDate || !slices.Equal(h.Messages, []string{"First <model>"}) {
				t.Errorf("%+v, messages %q", got, h.Messages)
			}
			if string(h.Commits[got.Commit]["old.txt"]) != "stays" {
				t.Error("a file that the folder lacks is gone")
			}
			if last.File != "model.safetensors" || last.Done != last.Total || last.Total != 1000 {
				t.Errorf("progress ended at %+v", last)
			}
			// Again: nothing to do, and no commit.
			again, err := Upload(t.Context(), p, c)
			if err != nil || !again.UpToDate || again.Commit != got.Commit || len(h.Messages) != 1 {
				t.Errorf("again: %+v, %v, %d commits", again, err, len(h.Messages))
			}
			// One file changed: it alone is sent.
			if err := os.WriteFile(filepath.Join(p.Dir, "config.json"), []byte("{}"), 0o666); err != nil {
				t.Fatal(err)
			}
			h.Seen()
			third, err := Upload(t.Context(), p, c)
			if err != nil || states(third)["config.json"] != Added || states(third)["model.safetensors"] != Unchanged {
				t.Errorf("changed: %+v, %v", third, err)
			}
			for _, line := range h.Seen() {
				if strings.Contains(line, "CDN") || strings.Contains(line, "lfs") {
					t.Errorf("a small change made the request %s", line)
				}
			}
		})
	}
}

func TestUploadMakesRepositoryAndBranch(t *testing.T) {
	h, p, c := newPushHub(t)
	h.Missing = true
	p.Private = true
	p.Replace = map[string][]byte{"README.md": []byte("# Another\n"), "extra.txt": []byte("x")}
	got, err := Upload(t.Context(), p, c)
	if err != nil || !got.Created || !h.Private || h.Missing {
		t.Fatalf("%+v, %v, private %v", got, err, h.Private)
	}
	files := h.Commits[h.Refs["main"]]
	if string(files["README.md"]) != "# Another\n" || string(files["extra.txt"]) != "x" || len(files) != 7 {
		t.Errorf("%d files, README.md %q", len(files), files["README.md"])
	}
	p.Revision = "v2"
	if got, err := Upload(t.Context(), p, c); err != nil || got.Created || h.Refs["v2"] != got.Commit || !got.UpToDate {
		t.Errorf("branch: %+v, %v", got, err)
	}
}

func TestUploadPullRequest(t *testing.T) {
	h, p, c := newPushHub(t)
	before := h.Refs["main"]
	p.PullRequest = true
	got, err := Upload(t.Context(), p, c)
	if err != nil || h.Refs["main"] != before || !strings.HasSuffix(got.PullRequest, "/discussions/1") || h.Refs["refs/pr/1"] != got.Commit {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUploadDryRun(t *testing.T) {
	for _, missing := range []bool{false, true} {
		h, p, c := newPushHub(t)
		h.Missing = missing
		p.DryRun = true
		h.Seen()
		got, err := Upload(t.Context(), p, c)
		if err != nil || got.Created != missing || got.Commit != "" || states(got)["model.safetensors"] != Added {
			t.Errorf("%+v, %v", got, err)
		}
		for _, line := range h.Seen() {
			if !strings.HasPrefix(line, "GET ") {
				t.Errorf("a dry run made the request %s", line)
			}
		}
	}
}

// What the server refuses, or breaks off, by the request.
func TestUploadFailures(t *testing.T) {
	answers := func(status int, code, message string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { hubtest.Refuse(w, status, code, message) }
	}
	cut := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 100)
		panic(http.ErrAbortHandler)
	}
	for name, test := range map[string]struct {
		on    string // part of the path
		fault func(http.ResponseWriter, *http.Request)
		times int   // how often it fails; 0 for ever
		want  error // nil if the upload goes through
		hint  string
	}{
		"401":                {"/revision/", answers(401, "", "Invalid username or password."), 0, ErrAccess, "write"},
		"gated":              {"/revision/", answers(403, "GatedRepo", "Access to model is restricted"), 0, ErrAccess, "accept its terms"},
		"403 of a preupload": {"/preupload/", answers(403, "", "Forbidden"), 0, ErrAccess, "write"},
		"404 of a branch":    {"/commit/", answers(404, "RevisionNotFound", "Invalid rev id"), 0, ErrRevision, ""},
		"409 of the commit":  {"/commit/", answers(409, "", "Conflict"), 0, errConflict, ""},
		"moved":              {"/commit/", answers(412, "", "A commit has happened since"), 0, ErrMoved, "run again"},
		"400":                {"/preupload/", answers(400, "", "Bad path"), 0, errRefused, ""},
		"429 passes": {"/commit/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			hubtest.Refuse(w, 429, "", "Slow down")
		}, 1, nil, ""},
		"429 stays":                   {"/preupload/", answers(429, "", "Slow down"), 0, errBusy, ""},
		"503 passes":                  {"objects/batch", answers(503, "", "Later"), 2, nil, ""},
		"500 of storage passes":       {"cdn/", answers(500, "", "Internal"), 1, nil, ""},
		"cut in a part":               {"cdn/", cut, 2, nil, ""},
		"cut in a part, for ever":     {"cdn/", cut, 0, errUnreachable, "connection"},
		"storage refuses the file":    {"cdn/", answers(403, "", "Signature expired"), 0, ErrAccess, ""},
		"checksum":                    {"verify", answers(422, "", "the checksum differs"), 0, errRefused, ""},
		"a token in the message":      {"/preupload/", answers(400, "", "bad token "+secret), 0, errRefused, ""},
		"the commit fails and is not": {"/commit/", answers(500, "", "Internal"), 0, ErrLanded, "run again"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p, c := newPushHub(t)
			h.Part = 300
			var failures atomic.Int64 // answers may come after the upload gave up
			h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
				if !strings.Contains(path, test.on) || test.times > 0 && failures.Load() >= int64(test.times) {
					return false
				}
				failures.Add(1)
				test.fault(w, r)
				return true
			}
			start := time.Now()
			_, err := Upload(t.Context(), p, c)
			if name == "429 passes" && time.Since(start) < time.Second {
				t.Error("Retry-After was not heard")
			}
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			failed := failures.Load()
			if failed == 0 || test.on == "/commit/" && test.times == 0 && failed != 1 {
				t.Errorf("%d faulty answers", failed)
			}
			if test.want == nil {
				uploaded(t, h, p.Dir)
				if len(h.Messages) != 1 {
					t.Errorf("%d commits", len(h.Messages))
				}
				return
			}
			var failure *Error
			if !errors.As(err, &failure) || !strings.Contains(failure.Hint(), test.hint) || strings.Contains(err.Error()+failure.Hint(), secret) {
				t.Errorf("%v, hint %q", err, failure.Hint())
			}
		})
	}
}

// The commit lands, and its answer is lost: Upload finds it and does not repeat it.
func TestUploadCommitLandsUnheard(t *testing.T) {
	h, p, c := newPushHub(t)
	commits := 0
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if !strings.Contains(path, "/commit/") {
			return false
		}
		commits++
		h.Fault = nil
		h.Serve(discard{http.Header{}}, r)
		panic(http.ErrAbortHandler)
	}
	got, err := Upload(t.Context(), p, c)
	if err != nil || got.Commit != h.Refs["main"] || commits != 1 || len(h.Messages) != 1 {
		t.Errorf("%+v, %v: sent %d times, %d commits", got, err, commits, len(h.Messages))
	}
	uploaded(t, h, p.Dir)

	// Of a pull request nothing tells, so it is not repeated and not called a success.
	h, p, c = newPushHub(t)
	p.PullRequest = true
	h.Fault = func(_ http.ResponseWriter, _ *http.Request, path string) bool {
		if strings.Contains(path, "/commit/") {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	if _, err := Upload(t.Context(), p, c); !errors.Is(err, ErrLanded) {
		t.Errorf("a pull request: %v", err)
	}
}

// discard is an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header            { return d.header }
func (d discard) Write(data []byte) (int, error) { return len(data), nil }
func (d discard) WriteHeader(int)                {}

// Another commit comes between the comparison and ours: ours is refused.
func TestUploadMovedBranch(t *testing.T) {
	h, p, c := newPushHub(t)
	h.Fault = func(_ http.ResponseWriter, _ *http.Request, path string) bool {
		if strings.Contains(path, "/preupload/") {
			h.Push("main", map[string]string{"other.txt": "another"})
		}
		return false
	}
	if _, err := Upload(t.Context(), p, c); !errors.Is(err, ErrMoved) || len(h.Messages) != 0 {
		t.Errorf("%v, %d commits", err, len(h.Messages))
	}
	h.Fault = nil
	if _, err := Upload(t.Context(), p, c); err != nil {
		t.Fatal(err)
	}
	uploaded(t, h, p.Dir)
}

// The Hub lists another hash than the file's: the commit is there, and wrong.
func TestUploadWrongChecksum(t *testing.T) {
	h, p, c := newPushHub(t)
	before := h.Refs["main"]
	h.Edit = func(commit string, entries []map[string]any) []map[string]any {
		for _, e := range entries {
			if lfs, ok := e["lfs"].(map[string]any); ok && commit != before {
				lfs["oid"] = strings.Repeat("0", 64)
			}
		}
		return entries
	}
	if _, err := Upload(t.Context(), p, c); !errors.Is(err, ErrChecksum) {
		t.Errorf("got %v", err)
	}
}

// The server sends requests elsewhere: the token stays, the bodies go along. The server's
// content network, which is on another port, fails the test if it sees a token.
func TestUploadRedirects(t *testing.T) {
	h, p, c := newPushHub(t)
	moved := map[string]bool{}
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if moved[r.Method+path] {
			return false
		}
		moved[r.Method+path] = true
		if _, onHub := strings.CutPrefix(path, "cdn/"); !onHub && r.Method == http.MethodPut {
			return false
		}
		base := h.Hub.URL
		if strings.HasPrefix(path, "cdn/") {
			base = h.CDNURL
		}
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		return true
	}
	if _, err := Upload(t.Context(), p, c); err != nil {
		t.Fatal(err)
	}
	uploaded(t, h, p.Dir)

	// A server that sends the commit to another host gets no token there.
	h, p, c = newPushHub(t)
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if strings.Contains(path, "/preupload/") {
			http.Redirect(w, r, h.CDNURL+"/elsewhere", http.StatusTemporaryRedirect)
			return true
		}
		return false
	}
	if _, err := Upload(t.Context(), p, c); err == nil {
		t.Error("an answer from another host was taken")
	}
}

func TestUploadRefuses(t *testing.T) {
	h, good, c := newPushHub(t)
	for name, change := range map[string]func(*Push, *Config){
		"no owner":               func(p *Push, _ *Config) { p.Repo = "model" },
		"a commit":               func(p *Push, _ *Config) { p.Revision = strings.Repeat("a", 40) },
		"pull request, branch":   func(p *Push, _ *Config) { p.PullRequest, p.Revision = true, "dev" },
		"outside":                func(p *Push, _ *Config) { p.Replace = map[string][]byte{"../x": nil} },
		"no token":               func(_ *Push, c *Config) { c.Token = "" },
		"offline":                func(_ *Push, c *Config) { c.Offline = true },
		"no folder":              func(p *Push, _ *Config) { p.Dir = filepath.Join(p.Dir, "nowhere") },
		"nothing in it":          func(p *Push, _ *Config) { p.Dir = t.TempDir() },
		"private, and is public": func(p *Push, _ *Config) { p.Private = true },
		"another's":              func(p *Push, _ *Config) { p.Repo = "other/model" },
	} {
		p, c := good, c
		change(&p, &c)
		if _, err := Upload(t.Context(), p, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if len(h.Messages) > 0 {
		t.Errorf("%d commits", len(h.Messages))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Upload(ctx, good, c); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
