package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/m2v-dev/m2v/internal/hubtest"
	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// teacher is a small repository with the shape of a real one.
func teacher() map[string]string {
	return map[string]string{
		"README.md":                      "# a model",
		"config.json":                    `{"model_type":"bert"}`,
		"tokenizer.json":                 `{"model":{}}`,
		"tokenizer_config.json":          `{}`,
		"modules.json":                   `[{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]`,
		"1_Pooling/config.json":          `{"pooling_mode_mean_tokens":true}`,
		"onnx/model.onnx":                onnxGraph(239_856, "model.onnx_data"),
		"onnx/model.onnx_data":           strings.Repeat("weights ", 300_000),
		"onnx/model_qint8_avx512.onnx":   "int8",
		"model.safetensors":              strings.Repeat("torch", 1000),
		"openvino/openvino_model.bin":    "no",
		"odd names/ü &?#%[1]/notes.json": "{}",
	}
}

// onnxGraph is a graph with some weights of its own, and more in the files that it names.
func onnxGraph(size int, files ...string) string {
	value := onnx.Value{Name: "x", Type: onnx.Float32}
	g := onnx.Graph{Inputs: []onnx.Value{value}, Outputs: []onnx.Value{value}, Initializers: []onnx.Weights{{Name: "own", Type: onnx.Uint8, Dims: []int64{int64(size)}, Raw: make([]byte, size)}}}
	for _, name := range files {
		g.Initializers = append(g.Initializers, onnx.Weights{Name: "in " + name, Type: onnx.Uint8, Dims: []int64{8}, External: name, Length: 8})
	}
	return string(g.Marshal())
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
	h.PageSize = 3 // the listing comes in pages
	c := h.config(t)
	dir := mustFetch(t, request(), c)
	sameFiles(t, dir, teacher(), wanted)
	if got := filepath.Base(dir); got != h.Refs["main"] {
		t.Errorf("folder is named %s, want the commit %s", got, h.Refs["main"])
	}

	// The layout of the Python client.
	root := filepath.Join(c.Cache, "models--org--model")
	ref, err := os.ReadFile(filepath.Join(root, "refs", "main"))
	if err != nil || string(ref) != h.Refs["main"] {
		t.Errorf("refs/main is %q, %v", ref, err)
	}
	for name, id := range map[string]string{
		"config.json":     hubtest.GitSHA1([]byte(teacher()["config.json"])),
		"onnx/model.onnx": hubtest.SHA256([]byte(teacher()["onnx/model.onnx"])),
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

	h.Seen()
	c.Endpoint = "http://127.0.0.1:1" // nobody listens
	for _, rev := range []string{"", "main", h.Refs["main"], h.Refs["main"][:9]} {
		r := request()
		r.Revision = rev
		if again := mustFetch(t, r, c); again != dir {
			t.Errorf("revision %q: %s, want %s", rev, again, dir)
		}
	}
	if seen := h.Seen(); len(seen) > 0 {
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
	h.Seen()
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
	if seen := h.Seen(); len(seen) > 0 {
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
	mirror := httptest.NewServer(http.StripPrefix("/remote/hf", http.HandlerFunc(h.Serve)))
	defer mirror.Close()
	c := h.config(t)
	c.Endpoint = mirror.URL + "/remote/hf"
	sameFiles(t, mustFetch(t, request(), c), teacher(), wanted)
}

func TestFetchRevisions(t *testing.T) {
	h := newFakeHub(t, teacher())
	other := teacher()
	other["config.json"] = `{"model_type":"mpnet"}`
	first, second := h.Refs["main"], h.Push("refs/pr/1", other)
	h.Refs["v1.0"] = second
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
	h.Refs["main"] = second
	h.Seen()
	if got := filepath.Base(mustFetch(t, request(), c)); got != first {
		t.Errorf("without Refresh: commit %s, want the cached %s", got, first)
	}
	r := request()
	r.Refresh = true
	if got := filepath.Base(mustFetch(t, r, c)); got != second {
		t.Errorf("with Refresh: commit %s, want %s", got, second)
	}
	if seen := h.Seen(); !slices.Equal(seen, []string{"GET /api/models/org/model/revision/main"}) {
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
	h.Seen()
	if again := mustFetch(t, request(), c); again != dir || len(h.Seen()) > 0 {
		t.Errorf("got %s, requests %q", again, h.Seen())
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
	h.Push("other", other)
	r := request()
	r.Revision = "other"
	mustFetch(t, r, c)
	c.NoLinks = true
	other["config.json"] = "{ }"
	h.Push("third", other)
	r.Revision = "third"
	sameFiles(t, mustFetch(t, r, c), other, wanted)
	r.Revision = "other"
	other["config.json"] = teacher()["config.json"]
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
	for _, line := range h.Seen() {
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
		if p.Done < last.Done || p.Total < last.Total || p.Total > total || p.File == "" {
			t.Errorf("progress %+v after %+v, total should be %d", p, last, total)
		}
		last = p
	}
	mustFetch(t, r, h.config(t))
	if last.Done != total || last.Total != total {
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

// layouts are two repositories whose files are named by other files alone: BGE-M3's
// graph keeps its weights in files of names of its own, and EmbeddingGemma has two Dense
// modules. Beside them lies what nothing names.
var layouts = map[string]struct {
	files  map[string]string
	wanted []string
}{
	"bge-m3": {map[string]string{
		"modules.json":                      modulesOfTypes("Transformer", "", "Pooling", "1_Pooling", "Normalize", "2_Normalize"),
		"config.json":                       "{}",
		"config_sentence_transformers.json": "{}",
		"sentence_bert_config.json":         "{}",
		"special_tokens_map.json":           "{}",
		"tokenizer.json":                    "{}",
		"tokenizer_config.json":             "{}",
		"sentencepiece.bpe.model":           "x",
		"1_Pooling/config.json":             "{}",
		"onnx/model.onnx":                   onnxGraph(100, "model.onnx_data", "Constant_7_attr__value", "parts/layer.0.weight"),
		"onnx/model.onnx_data":              "12345678",
		"onnx/model.onnx_data_old":          "12345678",
		"onnx/Constant_7_attr__value":       "12345678",
		"onnx/parts/layer.0.weight":         "12345678",
		"onnx/parts/layer.1.weight":         "12345678",
		"onnx/config.json":                  "{}",
		"pytorch_model.bin":                 "x",
		"2_Normalize/notes.txt":             "x",
	}, []string{"1_Pooling/config.json", "config.json", "config_sentence_transformers.json", "modules.json", "onnx/Constant_7_attr__value", "onnx/model.onnx",
		"onnx/model.onnx_data", "onnx/parts/layer.0.weight", "sentence_bert_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"}},
	"embeddinggemma": {map[string]string{
		"modules.json":                    modulesOfTypes("Transformer", "", "Pooling", "pool", "Dense", "2_Dense", "Dense", "heads/3_Dense", "Normalize", "4_Normalize"),
		"config.json":                     "{}",
		"tokenizer.json":                  "{}",
		"pool/config.json":                "{}",
		"1_Pooling/config.json":           "{}",
		"2_Dense/config.json":             "{}",
		"2_Dense/model.safetensors":       "x",
		"2_Dense/pytorch_model.bin":       "x",
		"heads/3_Dense/config.json":       "{}",
		"heads/3_Dense/model.safetensors": "x",
		"onnx/model.onnx":                 onnxGraph(100, "model.onnx_data"),
		"onnx/model.onnx_data":            "12345678",
		"onnx/model_q4.onnx":              onnxGraph(100, "model_q4.onnx_data"),
		"onnx/model_q4.onnx_data":         "12345678",
	}, []string{"2_Dense/config.json", "2_Dense/model.safetensors", "config.json", "heads/3_Dense/config.json", "heads/3_Dense/model.safetensors", "modules.json",
		"onnx/model.onnx", "onnx/model.onnx_data", "pool/config.json", "tokenizer.json"}},
	"an old layout": {map[string]string{
		"modules.json":                     modulesOfTypes("Transformer", "0_BERT", "Pooling", "1_Pooling"),
		"0_BERT/config.json":               "{}",
		"0_BERT/tokenizer.json":            "{}",
		"0_BERT/sentence_bert_config.json": "{}",
		"0_BERT/onnx/model.onnx":           onnxGraph(100),
		"1_Pooling/config.json":            "{}",
		"config.json":                      "{}",
	}, []string{"0_BERT/config.json", "0_BERT/onnx/model.onnx", "0_BERT/sentence_bert_config.json", "0_BERT/tokenizer.json", "1_Pooling/config.json", "modules.json"}},
}

// modulesOfTypes is a modules.json of the given kinds and paths.
func modulesOfTypes(kindsAndPaths ...string) string {
	var list []string
	for i := 0; i < len(kindsAndPaths); i += 2 {
		list = append(list, fmt.Sprintf(`{"type": "sentence_transformers.models.%s", "path": %q}`, kindsAndPaths[i], kindsAndPaths[i+1]))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// Files that other files name are fetched, and only those; once, and offline after that.
func TestFetchWhatFilesName(t *testing.T) {
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub(t, layout.files)
			c := h.config(t)
			sameFiles(t, mustFetch(t, request(), c), layout.files, layout.wanted)
			h.Seen()
			c.Offline = true
			sameFiles(t, mustFetch(t, request(), c), layout.files, layout.wanted)
			if seen := h.Seen(); len(seen) > 0 {
				t.Errorf("the second time asks for %q", seen)
			}
		})
	}
}

// A file that the graph names and the repository lacks, and names that lead out of it.
func TestFetchRefusesWhatFilesName(t *testing.T) {
	for _, tc := range []struct{ name, file, content, want string }{
		{"no external data", "onnx/model.onnx", onnxGraph(100, "weights.bin"), "no such file in the model: onnx/weights.bin"},
		{"module outside", "modules.json", modulesOfTypes("Transformer", "", "Pooling", "../1_Pooling"), `path "../1_Pooling" is not inside the repository`},
		{"absolute module", "modules.json", modulesOfTypes("Transformer", "", "Pooling", "/etc"), `path "/etc" is not inside the repository`},
		{"broken", "modules.json", "[{", "modules.json: unexpected end"},
	} {
		files := teacher()
		files[tc.file] = tc.content
		h := newFakeHub(t, files)
		if _, err := Fetch(t.Context(), request(), h.config(t)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", tc.name, err, tc.want)
		}
	}
	for _, name := range []string{"../model.onnx_data", "/etc/passwd"} { // the graph's reader refuses it: nothing is fetched
		files := teacher()
		files["onnx/model.onnx"] = onnxGraph(100, name)
		h := newFakeHub(t, files)
		dir := mustFetch(t, request(), h.config(t))
		if _, err := onnx.Read(filepath.Join(dir, "onnx", "model.onnx")); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error that names %s", err, name)
		}
	}
}

// Repositories of which a file that another one names was not fetched.
func TestRealCases(t *testing.T) {
	for _, name := range []string{"hub-external-data-of-other-names/bge-m3-shape", "hub-external-data-of-other-names/a-file-a-tensor", "hub-second-dense/teacher"} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			root := os.DirFS(testenv.Shared(t, append([]string{"cases"}, strings.Split(name, "/")...)...))
			err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				data, err := fs.ReadFile(root, path)
				files[path] = string(data)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			h := newFakeHub(t, files)
			sameFiles(t, mustFetch(t, request(), h.config(t)), files, slices.Sorted(maps.Keys(files)))
		})
	}
}
