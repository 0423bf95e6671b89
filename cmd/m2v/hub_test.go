package main

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/hubtest"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// serveModel speaks as much of the Hub's API as one public model takes: the
// files of dir as org/tiny. The client's own tests, in package hub, are against
// a fuller server.
func serveModel(t *testing.T, dir string) *httptest.Server {
	t.Helper()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	files := map[string][]byte{}
	var listing []map[string]any
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		files[name] = data
		listing = append(listing, map[string]any{"type": "file", "path": name, "size": len(data), "oid": gitHash(data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("X-Repo-Commit", commit)
		_ = json.NewEncoder(w).Encode(v) // a client that has gone is its own business
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isFile := strings.CutPrefix(r.URL.Path, "/org/tiny/resolve/"+commit+"/")
		switch {
		case r.URL.Path == "/api/models/org/tiny/revision/main":
			answer(w, map[string]any{"id": "org/tiny", "sha": commit})
		case strings.HasPrefix(r.URL.Path, "/api/models/org/tiny/tree/"+commit):
			answer(w, listing)
		case isFile && files[name] != nil:
			w.Header().Set("X-Repo-Commit", commit)
			w.Header().Set("ETag", `"`+gitHash(files[name])+`"`)
			_, _ = w.Write(files[name])
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// gitHash is the name that git gives to a file's contents.
func gitHash(data []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...))
	return hex.EncodeToString(sum[:])
}

// A student by its Hub id.
func TestScriptsHubStatic(t *testing.T) {
	server := serveModel(t, filepath.Join(testenv.Root(), "static", "testdata", "float32"))
	runScripts(t, "testdata/hubstatic/*.txtar", map[string]string{"HF_ENDPOINT": server.URL, "HF_HUB_OFFLINE": ""})
}

// A student goes to the Hub and comes back.
func TestScriptsHubPush(t *testing.T) {
	server := hubtest.New(t, nil)
	server.Missing, server.Token = true, "hf_secret"
	runScripts(t, "testdata/hubpush/*.txtar", map[string]string{"HF_ENDPOINT": server.Hub.URL, "HF_HUB_OFFLINE": "", "TOKEN": "hf_secret"})
}
