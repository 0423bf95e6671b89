package hub

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/hubtest"
)

func TestFetchRefusals(t *testing.T) {
	answer := func(status int, code, message string) func(http.ResponseWriter, *http.Request, string) bool {
		return func(w http.ResponseWriter, r *http.Request, path string) bool {
			hubtest.Refuse(w, status, code, message)
			return true
		}
	}
	for _, test := range []struct {
		name  string
		setup func(h *fakeHub, r *Request, c *Config)
		is    error
		want  string
		hint  string
	}{
		{"no such repository", func(h *fakeHub, r *Request, c *Config) { r.Repo = "org/other" },
			ErrRepo, "hub: look up revision main of org/other: no such repository: Repository not found", "check the spelling"},
		{"private, no token", func(h *fakeHub, r *Request, c *Config) { h.Token = "hf_right" },
			ErrRepo, "Invalid username or password", "set HF_TOKEN"},
		{"private, wrong token", func(h *fakeHub, r *Request, c *Config) { h.Token = "hf_right"; c.Token = "hf_wrong" },
			ErrAccess, "Invalid username or password", "the token that was sent"},
		{"gated", func(h *fakeHub, r *Request, c *Config) {
			h.Fault = answer(http.StatusForbidden, "GatedRepo", "Access to model org/model is restricted")
		}, ErrAccess, "access refused: Access to model org/model is restricted", "accept its terms on its page"},
		{"disabled", func(h *fakeHub, r *Request, c *Config) {
			h.Fault = answer(http.StatusForbidden, "", "Access to this resource is disabled.")
		}, ErrAccess, "resource is disabled", ""},
		{"no such revision", func(h *fakeHub, r *Request, c *Config) { r.Revision = "v9" },
			ErrRevision, "hub: look up revision v9 of org/model: no such revision: Invalid rev id: v9", ""},
		{"no graph", func(h *fakeHub, r *Request, c *Config) { r.Files = TeacherFiles("onnx/model_fp16.onnx") },
			ErrFile, "no such file in the model: onnx/model_fp16.onnx", "the repository has onnx/model.onnx, onnx/model_qint8_avx512.onnx"},
		{"busy for ever", func(h *fakeHub, r *Request, c *Config) {
			h.Fault = answer(http.StatusBadGateway, "", "")
		}, nil, "Bad Gateway (HTTP 502) (tried 5 times)", ""},
		{"not the Hub", func(h *fakeHub, r *Request, c *Config) {
			h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
				_, _ = w.Write([]byte("<html>sign in to the café's network</html>"))
				return true
			}
		}, nil, "is not the Hub's: invalid character '<'", "HF_ENDPOINT"},
		{"nobody there", func(h *fakeHub, r *Request, c *Config) { c.Endpoint = "http://127.0.0.1:1" },
			nil, "cannot reach 127.0.0.1:1: dial tcp 127.0.0.1:1:", "check the connection"},
		{"text of the server on a terminal", func(h *fakeHub, r *Request, c *Config) {
			h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
				w.Header().Set("X-Error-Message", "red \u009b31m\tline "+strings.Repeat("long ", 100))
				w.WriteHeader(http.StatusForbidden)
				return true
			}
		}, ErrAccess, "red 31m line long", ""},
		{"a commit that is a path", func(h *fakeHub, r *Request, c *Config) {
			h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
				_, _ = w.Write([]byte(`{"sha":"../../../../etc"}`))
				return true
			}
		}, nil, `commit "../../../../etc" of the answer is not a git hash`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newFakeHub(t, teacher())
			r, c := request(), h.config(t)
			test.setup(h, &r, &c)
			dir, err := Fetch(t.Context(), r, c)
			if err == nil {
				t.Fatalf("got %s, want an error", dir)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v is not %q", err, test.is)
			}
			if text := strings.ReplaceAll(err.Error(), "\u009b", "ESC"); !strings.Contains(text, test.want) || strings.Contains(text, "ESC") || strings.Contains(text, "\n") {
				t.Errorf("error %q, want one with %q", err, test.want)
			}
			if hint := hintOf(err); !strings.Contains(hint, test.hint) {
				t.Errorf("hint %q, want one with %q", hint, test.hint)
			}
			if strings.Contains(err.Error()+hintOf(err), "hf_wrong") {
				t.Error("the message holds the token")
			}
		})
	}
}

// A listing is a server's word on which paths to write.
func TestFetchRefusesAListing(t *testing.T) {
	for _, test := range []struct{ name, key, value string }{
		{"above the folder", "path", "../../../../evil"},
		{"absolute", "path", "/etc/passwd"},
		{"inside, then out", "path", "onnx/../../evil"},
		{"backslashes", "path", `..\..\evil`},
		{"control characters", "path", "a\x1b[2J"},
		{"empty", "path", ""},
		{"a hash that is a path", "oid", "../../../../refs/main"},
		{"a hash in capitals", "oid", strings.Repeat("A", 40)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newFakeHub(t, teacher())
			h.Edit = func(commit string, entries []map[string]any) []map[string]any {
				entries[1][test.key] = test.value
				return entries
			}
			c := h.config(t)
			if dir, err := Fetch(t.Context(), request(), c); err == nil || !strings.Contains(err.Error(), "hub: list files of org/model: ") {
				t.Errorf("got %s, %v", dir, err)
			}
			if found, _ := filepath.Glob(filepath.Join(c.Cache, "*")); len(found) > 0 {
				t.Errorf("the cache holds %q", found)
			}
		})
	}
	h := newFakeHub(t, teacher())
	h.Edit = func(commit string, entries []map[string]any) []map[string]any {
		for _, e := range entries {
			if lfs, ok := e["lfs"].(map[string]any); ok {
				lfs["size"] = -1
			}
		}
		return entries
	}
	if _, err := Fetch(t.Context(), request(), h.config(t)); err == nil || !strings.Contains(err.Error(), "size -1") {
		t.Errorf("negative size: %v", err)
	}
}

func TestListingPagesStayOnTheServer(t *testing.T) {
	for link, want := range map[string]string{
		`<https://elsewhere.example/api/models/org/model/tree/x>; rel="next"`:            "the next page is on another server",
		`<HUB/api/models/org/model/tree/COMMIT?recursive=true&expand=false>; rel="next"`: "points back to an earlier page",
	} {
		h := newFakeHub(t, teacher())
		link = strings.NewReplacer("HUB", h.Hub.URL, "COMMIT", h.Refs["main"]).Replace(link)
		h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
			if !strings.Contains(path, "/tree/") {
				return false
			}
			w.Header().Set("Link", link)
			_ = json.NewEncoder(w).Encode([]any{})
			return true
		}
		if _, err := Fetch(t.Context(), request(), h.config(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", link, err, want)
		}
	}
}

func TestTokenStaysWithTheEndpoint(t *testing.T) {
	h := newFakeHub(t, teacher()) // its content network fails the test if it sees a token
	h.Token = "hf_right"
	c := h.config(t)
	c.TokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(c.TokenFile, []byte("hf_right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, mustFetch(t, request(), c), teacher(), wanted)

	// The Hub redirects small files too, but to itself: there the token goes along.
	moved := 0
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if rest, ok := strings.CutPrefix(path, "org/model/resolve/"); ok && r.URL.RawQuery == "" {
			moved++
			http.Redirect(w, r, "/org/model/resolve/"+rest+"?cached", http.StatusTemporaryRedirect)
			return true
		}
		return false
	}
	c.Cache = t.TempDir()
	mustFetch(t, request(), c)
	if moved == 0 {
		t.Error("no redirect was followed")
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	h := newFakeHub(t, teacher())
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return true
	}
	if _, err := Fetch(t.Context(), request(), h.config(t)); err == nil || !strings.Contains(err.Error(), "redirected more than 10 times") {
		t.Errorf("endless redirects: %v", err)
	}
	if n := len(h.Seen()); n != 10 {
		t.Errorf("%d requests, want 10: such a failure will not pass", n)
	}

	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.Hub.URL, http.StatusFound)
	}))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it will report the refused certificate
	tls.StartTLS()
	defer tls.Close()
	c := h.config(t)
	c.Endpoint, c.Transport = tls.URL, tls.Client().Transport
	if _, err := Fetch(t.Context(), request(), c); err == nil || !strings.Contains(err.Error(), "redirected from https to http") {
		t.Errorf("downgrade: %v", err)
	}
	c.Transport = nil // now the certificate is a stranger's, which no retry mends
	c.RetryWait = time.Hour
	if _, err := Fetch(t.Context(), request(), c); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown certificate: %v", err)
	}
}

func TestServerMayAskForAWait(t *testing.T) {
	for header, value := range map[string]string{"Retry-After": "1", "RateLimit": `"api";r=0;t=1`} {
		h := newFakeHub(t, teacher())
		asked := 0
		h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
			if asked++; asked > 1 {
				return false
			}
			w.Header().Set(header, value)
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		start := time.Now()
		mustFetch(t, request(), h.config(t))
		if took := time.Since(start); took < time.Second {
			t.Errorf("%s: asked again after %v, not after the second that the server wanted", header, took)
		}
	}
	for header, want := range map[string]time.Duration{"soon": 0, "-5": 0, "7": 7 * time.Second, "999999999": time.Minute} {
		if got := askedWait(http.Header{"Retry-After": {header}}); got != want {
			t.Errorf("Retry-After %s: %v, want %v", header, got, want)
		}
	}
}

func TestFetchChecksItsRequest(t *testing.T) {
	for _, test := range []struct {
		r    Request
		want string
	}{
		{Request{Repo: "../etc"}, `repository id "../etc" is not org/name`},
		{Request{Repo: "a/b/c"}, "is not org/name"},
		{Request{Repo: "a--b"}, `holds "--"`},
		{Request{Repo: "a..b/c"}, `holds "--" or ".."`},
		{Request{Repo: "org/name.git"}, "ends in .git"},
		{Request{Repo: ""}, "is not org/name"},
		{Request{Repo: "org/-name"}, "is not org/name"},
		{Request{Repo: "org/" + strings.Repeat("n", 97)}, "is not org/name"},
		{Request{Repo: "org/name", Revision: "../main"}, `revision "../main" is not the name`},
		{Request{Repo: "org/name", Revision: "/main"}, "is not the name"},
		{Request{Repo: "org/name", Revision: "a b"}, "is not the name"},
		{Request{Repo: "org/name", Files: []Want{{Any: []string{"[a"}}}}, `file pattern "[a"`},
	} {
		h := newFakeHub(t, teacher())
		if _, err := Fetch(t.Context(), test.r, h.config(t)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want one with %q", test.r, err, test.want)
		}
		if seen := h.Seen(); len(seen) > 0 {
			t.Errorf("%+v: requests %q", test.r, seen)
		}
	}
	c := Config{Cache: t.TempDir(), Endpoint: "ftp://mirror"}
	if _, err := Fetch(t.Context(), request(), c); err == nil || !strings.Contains(err.Error(), `endpoint "ftp://mirror" is not an http`) {
		t.Errorf("endpoint: %v", err)
	}
}

// A run that could not reach the Hub was silent for a quarter of a minute.
func TestRetriesAreTold(t *testing.T) {
	var told []string
	c := newFakeHub(t, teacher()).config(t)
	c.Endpoint, c.RetryWait = "http://127.0.0.1:1", time.Millisecond
	c.Retrying = func(cause error, wait time.Duration) { told = append(told, cause.Error()+" "+wait.String()) }
	if _, err := Fetch(t.Context(), request(), c); err == nil {
		t.Fatal("no error")
	}
	if len(told) != tries-1 || !strings.Contains(told[0], "cannot reach 127.0.0.1:1") || !strings.HasSuffix(told[1], " 2ms") {
		t.Errorf("told %q", told)
	}
}
