package hub

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// teacher is a small repository with the shape of a real one.
func teacher() map[string]string {
	return map[string]string{
		"README.md":                      "# a model",
		"config.json":                    `{"model_type":"bert"}`,
		"tokenizer.json":                 `{"model":{}}`,
		"tokenizer_config.json":          `{}`,
		"modules.json":                   `[]`,
		"1_Pooling/config.json":          `{"pooling_mode_mean_tokens":true}`,
		"onnx/model.onnx":                strings.Repeat("graph ", 40_000),
		"onnx/model.onnx_data":           strings.Repeat("weights ", 300_000),
		"onnx/model_qint8_avx512.onnx":   "int8",
		"model.safetensors":              strings.Repeat("torch", 1000),
		"openvino/openvino_model.bin":    "no",
		"odd names/ü &?#%[1]/notes.json": "{}",
	}
}

var wanted = []string{"1_Pooling/config.json", "config.json", "modules.json", "onnx/model.onnx", "onnx/model.onnx_data",
	"tokenizer.json", "tokenizer_config.json"}

func request() Request { return Request{Repo: "org/model", Files: TeacherFiles("")} }

func mustFetch(t *testing.T, r Request, c Config) string {
	t.Helper()
	dir, err := Fetch(t.Context(), r, c)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// sameFiles checks that dir holds those files of the repository and no others.
func sameFiles(t *testing.T, dir string, files map[string]string, names []string) {
	t.Helper()
	r := repo{dir: filepath.Dir(filepath.Dir(dir))}
	if got := r.present(filepath.Base(dir)); !slices.Equal(got, names) {
		t.Errorf("snapshot holds %q, want %q", got, names)
	}
	for _, name := range names {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		} else if string(got) != files[name] {
			t.Errorf("%s has other contents than the repository: %.40q", name, got)
		}
	}
}

func TestFetchFillsTheCacheOnce(t *testing.T) {
	h := newFakeHub(t, teacher())
	h.pageSize = 3 // the listing comes in pages
	c := h.config(t)
	dir := mustFetch(t, request(), c)
	sameFiles(t, dir, teacher(), wanted)
	if got := filepath.Base(dir); got != h.refs["main"] {
		t.Errorf("folder is named %s, want the commit %s", got, h.refs["main"])
	}

	// The layout of the Python client.
	root := filepath.Join(c.Cache, "models--org--model")
	ref, err := os.ReadFile(filepath.Join(root, "refs", "main"))
	if err != nil || string(ref) != h.refs["main"] {
		t.Errorf("refs/main is %q, %v", ref, err)
	}
	for name, id := range map[string]string{
		"config.json":     gitSHA1([]byte(teacher()["config.json"])),
		"onnx/model.onnx": sha256Hex([]byte(teacher()["onnx/model.onnx"])),
	} {
		target, err := os.Readlink(filepath.Join(dir, name))
		want := strings.Repeat("../", 2+strings.Count(name, "/")) + "blobs/" + id
		if err != nil || filepath.ToSlash(target) != want {
			t.Errorf("%s links to %q, %v, want %q", name, target, err, want)
		}
	}
	if litter, _ := filepath.Glob(filepath.Join(root, "*", "*.incomplete")); len(litter) > 0 {
		t.Errorf("partial files are left: %q", litter)
	}

	h.seen()
	c.Endpoint = "http://127.0.0.1:1" // nobody listens
	for _, rev := range []string{"", "main", h.refs["main"], h.refs["main"][:9]} {
		r := request()
		r.Revision = rev
		if again := mustFetch(t, r, c); again != dir {
			t.Errorf("revision %q: %s, want %s", rev, again, dir)
		}
	}
	if seen := h.seen(); len(seen) > 0 {
		t.Errorf("a cached model made requests: %q", seen)
	}
}

func TestFetchOffline(t *testing.T) {
	h := newFakeHub(t, teacher())
	c := h.config(t)
	c.Offline = true
	check := func(want string) {
		t.Helper()
		_, err := Fetch(t.Context(), request(), c)
		if !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if hint := hintOf(err); !strings.Contains(hint, "HF_HUB_OFFLINE") {
			t.Errorf("hint %q does not name the variable", hint)
		}
	}
	check("not in the cache, offline: revision main")

	online := c
	online.Offline = false
	dir := mustFetch(t, Request{Repo: "org/model", Files: []Want{{Any: []string{"tokenizer.json"}}}}, online)
	check("onnx/model.onnx")
	h.seen()
	mustFetch(t, Request{Repo: "org/model", Files: []Want{{Any: []string{"tokenizer.json"}}}}, c)

	// A blob that was cut short on disk is not a cached file.
	blob, err := filepath.EvalSymlinks(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(blob, 3); err != nil {
		t.Fatal(err)
	}
	check("tokenizer.json")
	if seen := h.seen(); len(seen) > 0 {
		t.Errorf("requests while offline: %q", seen)
	}
	mustFetch(t, request(), online)
	sameFiles(t, dir, teacher(), wanted)
}

// A folder that lacks only optional files serves where the Hub does not answer.
func TestFetchDoesWithoutOptionalFiles(t *testing.T) {
	h := newFakeHub(t, teacher())
	c := h.config(t)
	dir := mustFetch(t, request(), c)
	if err := os.Remove(filepath.Join(dir, "1_Pooling", "config.json")); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(c *Config){
		func(c *Config) { c.Offline = true },
		func(c *Config) { c.Endpoint = "http://127.0.0.1:1" },
	} {
		c := c
		change(&c)
		if got := mustFetch(t, request(), c); got != dir {
			t.Errorf("got %s, want %s", got, dir)
		}
	}
	mustFetch(t, request(), c) // now the Hub answers
	sameFiles(t, dir, teacher(), wanted)

	// The weights beside the graph are not optional.
	if err := os.Remove(filepath.Join(dir, "onnx", "model.onnx_data")); err != nil {
		t.Fatal(err)
	}
	c.Offline = true
	if _, err := Fetch(t.Context(), request(), c); !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), "onnx/model.onnx_data") {
		t.Errorf("error %v, want one that names the weights", err)
	}
}

// A mirror may serve the Hub below a path.
func TestFetchFromAMirrorsPath(t *testing.T) {
	h := newFakeHub(t, teacher())
	mirror := httptest.NewServer(http.StripPrefix("/remote/hf", http.HandlerFunc(h.serve)))
	defer mirror.Close()
	c := h.config(t)
	c.Endpoint = mirror.URL + "/remote/hf"
	sameFiles(t, mustFetch(t, request(), c), teacher(), wanted)
}

func TestFetchRevisions(t *testing.T) {
	h := newFakeHub(t, teacher())
	other := teacher()
	other["config.json"] = `{"model_type":"mpnet"}`
	first, second := h.refs["main"], h.push("refs/pr/1", other)
	h.refs["v1.0"] = second
	c := h.config(t)
	for _, test := range []struct{ rev, commit string }{
		{"", first}, {"v1.0", second}, {"refs/pr/1", second}, {first, first}, {second[:7], second},
	} {
		r := request()
		r.Revision = test.rev
		if got := filepath.Base(mustFetch(t, r, c)); got != test.commit {
			t.Errorf("revision %q: commit %s, want %s", test.rev, got, test.commit)
		}
	}
	sameFiles(t, filepath.Join(c.Cache, "models--org--model", "snapshots", second), other, wanted)

	// A branch that has moved is seen only when asked for; what two commits
	// share is not fetched again.
	h.refs["main"] = second
	h.seen()
	if got := filepath.Base(mustFetch(t, request(), c)); got != first {
		t.Errorf("without Refresh: commit %s, want the cached %s", got, first)
	}
	r := request()
	r.Refresh = true
	if got := filepath.Base(mustFetch(t, r, c)); got != second {
		t.Errorf("with Refresh: commit %s, want %s", got, second)
	}
	if seen := h.seen(); !slices.Equal(seen, []string{"GET /api/models/org/model/revision/main"}) {
		t.Errorf("requests %q, want the one for the commit", seen)
	}
	if got := filepath.Base(mustFetch(t, request(), c)); got != second {
		t.Errorf("after Refresh: commit %s, want %s", got, second)
	}
}

func TestFetchReadsACacheWithoutListing(t *testing.T) {
	// Python clients before 1.30 or so keep no trees/.
	h := newFakeHub(t, teacher())
	c := h.config(t)
	dir := mustFetch(t, request(), c)
	if err := os.RemoveAll(filepath.Join(dir, "..", "..", "trees")); err != nil {
		t.Fatal(err)
	}
	h.seen()
	if again := mustFetch(t, request(), c); again != dir || len(h.seen()) > 0 {
		t.Errorf("got %s, requests %q", again, h.requests)
	}
	os.Remove(filepath.Join(dir, "tokenizer.json"))
	mustFetch(t, request(), c)
	sameFiles(t, dir, teacher(), wanted)
}

func TestFetchWithoutLinks(t *testing.T) {
	h := newFakeHub(t, teacher())
	c := h.config(t)
	c.NoLinks = true
	dir := mustFetch(t, request(), c)
	sameFiles(t, dir, teacher(), wanted)
	if info, err := os.Lstat(filepath.Join(dir, "config.json")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("config.json is %v, %v, want a file", info.Mode(), err)
	}
	// A blob that is there already is copied, since others may link to it.
	c.NoLinks = false
	other := teacher()
	other["tokenizer_config.json"] = "{ }"
	h.push("other", other)
	r := request()
	r.Revision = "other"
	mustFetch(t, r, c)
	c.NoLinks = true
	other["modules.json"] = "[ ]"
	h.push("third", other)
	r.Revision = "third"
	sameFiles(t, mustFetch(t, r, c), other, wanted)
	r.Revision = "other"
	other["modules.json"] = "[]"
	sameFiles(t, mustFetch(t, r, c), other, wanted)
}

func TestFetchManyAtOnce(t *testing.T) {
	h := newFakeHub(t, teacher())
	c := h.config(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if dir, err := Fetch(context.Background(), request(), c); err != nil {
				t.Error(err)
			} else {
				sameFiles(t, dir, teacher(), wanted)
			}
		})
	}
	wg.Wait()
	downloads := 0
	for _, line := range h.seen() {
		if strings.Contains(line, "CDN") {
			downloads++
		}
	}
	if downloads != 2 {
		t.Errorf("%d downloads of two large files", downloads)
	}
}

func TestFetchProgress(t *testing.T) {
	h := newFakeHub(t, teacher())
	var total int64
	for _, name := range wanted {
		total += int64(len(teacher()[name]))
	}
	var last Progress
	r := request()
	r.Progress = func(p Progress) {
		if p.Done < last.Done || p.Total != total || p.File == "" {
			t.Errorf("progress %+v after %+v, total should be %d", p, last, total)
		}
		last = p
	}
	mustFetch(t, r, h.config(t))
	if last.Done != total {
		t.Errorf("last progress %+v, want %d done", last, total)
	}
}

func hintOf(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Hint()
}
