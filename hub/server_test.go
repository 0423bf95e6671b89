package hub

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeHub is a server that speaks the part of the Hub's API that Fetch and the
// Python client use, with a content network on a second port, as the Hub has
// for large files. Its faults are switched on by a test.
type fakeHub struct {
	t       testing.TB
	hub     *httptest.Server
	cdn     *httptest.Server
	cdnURL  string
	repo    string
	commits map[string]map[string][]byte // commit → path → contents
	refs    map[string]string            // branch or tag → commit
	large   func(path string) bool       // kept by LFS, served by the content network

	pageSize int                                                            // entries of a page of the listing
	token    string                                                         // required, if not ""
	fault    func(w http.ResponseWriter, r *http.Request, path string) bool // answers in the server's place
	edit     func(commit string, entries []map[string]any) []map[string]any // of the listing

	mu       sync.Mutex
	requests []string // "GET /path", in order; "CDN GET /path" for the content network
}

// newFakeHub serves files as the one commit of org/model, on branch main.
func newFakeHub(t testing.TB, files map[string]string) *fakeHub {
	h := &fakeHub{t: t, repo: "org/model", refs: map[string]string{}, commits: map[string]map[string][]byte{},
		pageSize: 1000, large: func(path string) bool {
			return strings.HasSuffix(path, ".onnx") || strings.HasSuffix(path, "_data") || strings.HasSuffix(path, ".safetensors")
		}}
	h.push("main", files)
	h.cdn = httptest.NewServer(http.HandlerFunc(h.serveCDN))
	h.cdnURL = h.cdn.URL // the Hub's host, another port
	h.hub = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.hub.Close)
	t.Cleanup(h.cdn.Close)
	return h
}

// push makes a commit of files and points branch at it.
func (h *fakeHub) push(branch string, files map[string]string) (commit string) {
	all := map[string][]byte{}
	sum := sha1.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all[name] = []byte(files[name])
		fmt.Fprintf(sum, "%s %d %s\n", name, len(files[name]), files[name])
	}
	commit = hex.EncodeToString(sum.Sum(nil))
	h.commits[commit], h.refs[branch] = all, commit
	return commit
}

func (h *fakeHub) config(t testing.TB) Config {
	return Config{Cache: t.TempDir(), Endpoint: h.hub.URL, RetryWait: time.Millisecond, Timeout: 10 * time.Second}
}

// seen returns the requests since the last call.
func (h *fakeHub) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := h.requests
	h.requests = nil
	return seen
}

func (h *fakeHub) note(prefix string, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	line := prefix + r.Method + " " + r.URL.Path
	if from := r.Header.Get("Range"); from != "" {
		line += " " + from
	}
	h.requests = append(h.requests, line)
}

func gitSHA1(data []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...))
	return hex.EncodeToString(sum[:])
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// pointer is what git keeps of a file that LFS holds.
func pointer(data []byte) []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", sha256Hex(data), len(data))
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	http.Error(w, `{"error":"`+message+`"}`, status)
}

func (h *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	h.note("", r)
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	if h.fault != nil && h.fault(w, r, path) {
		return
	}
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		refuse(w, http.StatusUnauthorized, "", "Invalid username or password.")
		return
	}
	rest, ok := strings.CutPrefix(path, "api/models/"+h.repo+"/")
	if !ok {
		if rest, ok = strings.CutPrefix(path, h.repo+"/resolve/"); ok {
			h.serveResolve(w, r, rest)
			return
		}
		refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
		return
	}
	verb, rev, _ := strings.Cut(rest, "/")
	commit, ok := h.find(rev)
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+rev)
	case verb == "revision":
		json.NewEncoder(w).Encode(map[string]any{"id": h.repo, "modelId": h.repo, "sha": commit, "private": false,
			"gated": false, "disabled": false, "downloads": 1, "likes": 1, "tags": []string{}, "siblings": []any{}})
	case verb == "tree":
		h.serveTree(w, r, commit)
	default:
		http.NotFound(w, r)
	}
}

func (h *fakeHub) find(escaped string) (commit string, ok bool) {
	rev, err := url.PathUnescape(escaped)
	if err != nil {
		return "", false
	}
	if commit, ok := h.refs[rev]; ok {
		return commit, true
	}
	for commit := range h.commits {
		if len(rev) >= 7 && strings.HasPrefix(commit, rev) {
			return commit, true
		}
	}
	return "", false
}

func (h *fakeHub) serveTree(w http.ResponseWriter, r *http.Request, commit string) {
	entries := []map[string]any{{"type": "directory", "path": "onnx", "oid": strings.Repeat("0", 40), "size": 0}}
	files := h.commits[commit]
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		entry := map[string]any{"type": "file", "path": name, "size": len(data), "oid": gitSHA1(data)}
		if h.large(name) {
			entry["oid"] = gitSHA1(pointer(data))
			entry["lfs"] = map[string]any{"oid": sha256Hex(data), "size": len(data), "pointerSize": len(pointer(data))}
		}
		entries = append(entries, entry)
	}
	if h.edit != nil {
		entries = h.edit(commit, entries)
	}
	start := 0
	fmt.Sscanf(r.URL.Query().Get("cursor"), "%d", &start)
	if end := start + h.pageSize; end < len(entries) {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?recursive=true&cursor=%d>; rel="next"`, h.hub.URL, r.URL.Path, end))
		entries = entries[:end]
	}
	json.NewEncoder(w).Encode(entries[min(start, len(entries)):])
}

func (h *fakeHub) serveResolve(w http.ResponseWriter, r *http.Request, rest string) {
	rev, name, _ := strings.Cut(rest, "/")
	commit, ok := h.find(rev)
	if !ok {
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+rev)
		return
	}
	name, _ = url.PathUnescape(name)
	w.Header().Set("X-Repo-Commit", commit)
	data, ok := h.commits[commit][name]
	if !ok {
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	if h.large(name) {
		w.Header().Set("X-Linked-Etag", `"`+sha256Hex(data)+`"`)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(data)))
		http.Redirect(w, r, h.cdnURL+"/"+sha256Hex(data)+"?signature=secret", http.StatusFound)
		return
	}
	w.Header().Set("ETag", `"`+gitSHA1(data)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func (h *fakeHub) serveCDN(w http.ResponseWriter, r *http.Request) {
	h.note("CDN ", r)
	if r.Header.Get("Authorization") != "" {
		h.t.Error("the token was sent to the content network")
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if h.fault != nil && h.fault(w, r, "cdn/"+path) {
		return
	}
	for _, files := range h.commits {
		for _, data := range files {
			if sha256Hex(data) == path {
				w.Header().Set("ETag", `"`+path+`"`)
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
				return
			}
		}
	}
	http.NotFound(w, r)
}
