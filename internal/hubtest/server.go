// Package hubtest is a server that speaks the Hub's API, for tests.
package hubtest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a server that speaks the part of the Hub's API that Fetch and the
// Python client use, with a content network on a second port, as the Hub has
// for large files. Its faults are switched on by a test.
type Server struct {
	t       testing.TB
	Hub     *httptest.Server
	cdn     *httptest.Server
	CDNURL  string
	Repo    string
	Commits map[string]map[string][]byte // commit → path → contents
	Refs    map[string]string            // branch or tag → commit
	Large   func(path string) bool       // kept by LFS, served by the content network

	PageSize int                                                            // entries of a page of the listing
	Token    string                                                         // required, if not ""
	Fault    func(w http.ResponseWriter, r *http.Request, path string) bool // answers in the server's place
	Edit     func(commit string, entries []map[string]any) []map[string]any // of the listing

	Missing bool // there is no repository until one is created
	Private bool
	Part    int // bytes of a part of an upload; 0 takes each file whole

	mu       sync.Mutex
	requests []string                     // "GET /path", in order; "CDN GET /path" for the content network
	parts    map[string]map[string][]byte // uploads that are not whole: hash → part → contents
	uploads  map[string][]byte            // hash → contents
	Messages []string                     // of commits that were made by requests
}

// New serves files as the one commit of org/model, on branch main.
func New(t testing.TB, files map[string]string) *Server {
	h := &Server{t: t, Repo: "org/model", Refs: map[string]string{}, Commits: map[string]map[string][]byte{},
		parts: map[string]map[string][]byte{}, uploads: map[string][]byte{},
		PageSize: 1000, Large: func(path string) bool {
			return strings.HasSuffix(path, ".onnx") || strings.HasSuffix(path, "_data") || strings.HasSuffix(path, ".safetensors")
		}}
	h.Push("main", files)
	h.cdn = httptest.NewServer(http.HandlerFunc(h.serveCDN))
	h.CDNURL = h.cdn.URL // the Hub's host, another port
	h.Hub = httptest.NewServer(http.HandlerFunc(h.Serve))
	t.Cleanup(h.Hub.Close)
	t.Cleanup(h.cdn.Close)
	return h
}

// Push makes a commit of files and points branch at it.
func (h *Server) Push(branch string, files map[string]string) (commit string) {
	all := map[string][]byte{}
	sum := sha1.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all[name] = []byte(files[name])
		fmt.Fprintf(sum, "%s %d %s\n", name, len(files[name]), files[name])
	}
	commit = hex.EncodeToString(sum.Sum(nil))
	h.Commits[commit], h.Refs[branch] = all, commit
	return commit
}

// Seen returns the requests since the last call.
func (h *Server) Seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := h.requests
	h.requests = nil
	return seen
}

func (h *Server) note(prefix string, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	line := prefix + r.Method + " " + r.URL.Path
	if from := r.Header.Get("Range"); from != "" {
		line += " " + from
	}
	h.requests = append(h.requests, line)
}

// GitSHA1 is the name that git gives to a file of that contents.
func GitSHA1(data []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...))
	return hex.EncodeToString(sum[:])
}

// SHA256 is the name that LFS gives to it.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Pointer is what git keeps of a file that LFS holds.
func Pointer(data []byte) []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", SHA256(data), len(data))
}

// Refuse answers as the Hub refuses.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	http.Error(w, `{"error":"`+message+`"}`, status)
}

// Serve answers a request to the Hub itself.
func (h *Server) Serve(w http.ResponseWriter, r *http.Request) {
	h.note("", r)
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	if h.Fault != nil && h.Fault(w, r, path) {
		return
	}
	if h.Token != "" && r.Header.Get("Authorization") != "Bearer "+h.Token {
		Refuse(w, http.StatusUnauthorized, "", "Invalid username or password.")
		return
	}
	if r.Method == http.MethodPost {
		h.serveWrite(w, r, path)
		return
	}
	if h.Missing {
		Refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
		return
	}
	rest, ok := strings.CutPrefix(path, "api/models/"+h.Repo+"/")
	if !ok {
		if rest, ok = strings.CutPrefix(path, h.Repo+"/resolve/"); ok {
			h.serveResolve(w, r, rest)
			return
		}
		Refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
		return
	}
	verb, rev, _ := strings.Cut(rest, "/")
	commit, ok := h.find(rev)
	switch {
	case !ok:
		Refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+rev)
	case verb == "revision":
		answer(w, map[string]any{"id": h.Repo, "modelId": h.Repo, "sha": commit, "private": h.Private,
			"gated": false, "disabled": false, "downloads": 1, "likes": 1, "tags": []string{}, "siblings": []any{}})
	case verb == "tree":
		h.serveTree(w, r, commit)
	default:
		http.NotFound(w, r)
	}
}

func (h *Server) find(escaped string) (commit string, ok bool) {
	rev, err := url.PathUnescape(escaped)
	if err != nil {
		return "", false
	}
	if commit, ok := h.Refs[rev]; ok {
		return commit, true
	}
	for commit := range h.Commits {
		if len(rev) >= 7 && strings.HasPrefix(commit, rev) {
			return commit, true
		}
	}
	return "", false
}

func (h *Server) serveTree(w http.ResponseWriter, r *http.Request, commit string) {
	entries := []map[string]any{{"type": "directory", "path": "onnx", "oid": strings.Repeat("0", 40), "size": 0}}
	files := h.Commits[commit]
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		entry := map[string]any{"type": "file", "path": name, "size": len(data), "oid": GitSHA1(data)}
		if h.Large(name) {
			entry["oid"] = GitSHA1(Pointer(data))
			entry["lfs"] = map[string]any{"oid": SHA256(data), "size": len(data), "pointerSize": len(Pointer(data))}
		}
		entries = append(entries, entry)
	}
	if h.Edit != nil {
		entries = h.Edit(commit, entries)
	}
	start, _ := strconv.Atoi(r.URL.Query().Get("cursor")) // 0 without one
	if end := start + h.PageSize; end < len(entries) {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?recursive=true&cursor=%d>; rel="next"`, h.Hub.URL, r.URL.Path, end))
		entries = entries[:end]
	}
	answer(w, entries[min(start, len(entries)):])
}

func (h *Server) serveResolve(w http.ResponseWriter, r *http.Request, rest string) {
	rev, name, _ := strings.Cut(rest, "/")
	commit, ok := h.find(rev)
	if !ok {
		Refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+rev)
		return
	}
	name, _ = url.PathUnescape(name)
	w.Header().Set("X-Repo-Commit", commit)
	data, ok := h.Commits[commit][name]
	if !ok {
		Refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	if h.Large(name) {
		w.Header().Set("X-Linked-Etag", `"`+SHA256(data)+`"`)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(data)))
		http.Redirect(w, r, h.CDNURL+"/"+SHA256(data)+"?signature=secret", http.StatusFound)
		return
	}
	w.Header().Set("ETag", `"`+GitSHA1(data)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func (h *Server) serveCDN(w http.ResponseWriter, r *http.Request) {
	h.note("CDN ", r)
	if r.Header.Get("Authorization") != "" {
		h.t.Error("the token was sent to the content network")
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if h.Fault != nil && h.Fault(w, r, "cdn/"+path) {
		return
	}
	if r.Method == http.MethodPut {
		h.takePart(w, r, path)
		return
	}
	for _, files := range h.Commits {
		for _, data := range files {
			if SHA256(data) == path {
				w.Header().Set("ETag", `"`+path+`"`)
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
				return
			}
		}
	}
	http.NotFound(w, r)
}

// Set points a branch at a commit, while requests may be under way.
func (h *Server) Set(branch, commit string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Refs[branch] = commit
}

// Files returns what a branch has, while requests may be under way.
func (h *Server) Files(branch string) map[string][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.Commits[h.Refs[branch]])
}
