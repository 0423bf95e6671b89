//go:build interop

package hub

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/hubtest"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// TestInteropPythonClient has the Python client huggingface_hub and Fetch read
// the caches that the other one filled, from the same server. M2V_PYTHON is a
// Python that has the client:
//
//	M2V_PYTHON=python3 go test -tags interop -run '^TestInterop' ./hub
func TestInteropPythonClient(t *testing.T) {
	python := cmp.Or(os.Getenv("M2V_PYTHON"), "python3")
	check := func(t *testing.T, c Config, args ...string) (dir string, present []string) {
		t.Helper()
		cmd := exec.Command(python, append([]string{filepath.Join(testenv.Root(), "testdata", "gen", "hub_check.py")}, args...)...)
		// Nothing of the environment's Hub settings: HF_HOME moves token and caches away.
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HF_HOME=" + t.TempDir(), "HF_HUB_CACHE=" + c.Cache,
			"HF_ENDPOINT=" + c.Endpoint, "HF_HUB_DISABLE_TELEMETRY=1", "HF_HUB_DISABLE_PROGRESS_BARS=1"}
		out, err := cmd.Output()
		if err != nil {
			if exit, ok := err.(*exec.ExitError); ok {
				t.Fatalf("%v: %v\n%s", args, err, exit.Stderr)
			}
			t.Fatal(err)
		}
		var result struct {
			Dir   string
			Files []string
		}
		if err := json.Unmarshal(out, &result); err != nil {
			t.Fatalf("%v: %v in %q", args, err, out)
		}
		return result.Dir, result.Files
	}
	h := newFakeHub(t, teacher())
	h.CDNURL = strings.Replace(h.CDNURL, "127.0.0.1", "localhost", 1) // the client does not tell ports apart
	absent := "http://127.0.0.1:1"

	t.Run("Python reads what Fetch filled", func(t *testing.T) {
		c := h.config(t)
		dir := mustFetch(t, request(), c)
		c.Endpoint = absent
		got, files := check(t, c, append([]string{"read", "org/model"}, wanted...)...)
		if got != dir || !slices.Equal(files, wanted) {
			t.Errorf("Python finds %s with %q, Fetch filled %s with %q", got, files, dir, wanted)
		}
		if scan, files := check(t, c, "scan", "org/model"); scan != h.Refs["main"] || !slices.Equal(files, wanted) {
			t.Errorf("Python's cache scan finds commit %s with %q", scan, files)
		}
		// And it completes what Fetch began, without fetching that again.
		c.Endpoint = h.Hub.URL
		h.Seen()
		if got, files := check(t, c, "snapshot", "org/model"); got != dir || len(files) != len(teacher()) {
			t.Errorf("Python completes %s to %q", got, files)
		}
		for _, line := range h.Seen() {
			if strings.HasPrefix(line, "CDN GET /"+hubtest.SHA256([]byte(teacher()["onnx/model.onnx"]))) {
				t.Error("Python fetched the graph again")
			}
		}
	})

	for _, how := range []string{"snapshot", "download"} {
		t.Run("Fetch reads what Python filled by "+how, func(t *testing.T) {
			c := h.config(t)
			dir, _ := check(t, c, append([]string{how, "org/model"}, wanted...)...)
			h.Seen()
			c.Endpoint = absent
			if got := mustFetch(t, request(), c); got != dir {
				t.Errorf("Fetch finds %s, Python filled %s", got, dir)
			}
			sameFiles(t, dir, teacher(), wanted)
			if seen := h.Seen(); len(seen) > 0 {
				t.Errorf("requests: %q", seen)
			}
		})
	}

	for name, part := range map[string]int{"whole": 0, "in parts": 300} {
		t.Run("Python reads what Upload sent "+name, func(t *testing.T) {
			h := newFakeHub(t, map[string]string{"old.txt": "stays"})
			h.CDNURL = strings.Replace(h.CDNURL, "127.0.0.1", "localhost", 1)
			h.Part = part
			c := h.config(t)
			c.Token = secret
			p := Push{Dir: model(t), Repo: "org/model", Replace: map[string][]byte{"README.md": []byte(cardWithScores)}}
			if _, err := Upload(t.Context(), p, c); err != nil {
				t.Fatal(err)
			}
			dir, files := check(t, c, "snapshot", "org/model")
			if want := []string{"README.md", "config.json", "empty.txt", "model.safetensors", "old.txt", "sub/tokenizer.json"}; !slices.Equal(files, want) {
				t.Errorf("Python fetched %q", files)
			}
			for _, name := range []string{"config.json", "empty.txt", "model.safetensors", "sub/tokenizer.json"} {
				want, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(name)))
				got, err2 := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
				if err != nil || err2 != nil || string(got) != string(want) {
					t.Errorf("%s: Python fetched other contents (%v, %v)", name, err, err2)
				}
			}
			if _, scores := check(t, c, "scores", "org/model"); !slices.Equal(scores, []string{"WordSimilarity men 71.2"}) {
				t.Errorf("Python reads the scores %q", scores)
			}
		})
	}
}

// cardWithScores is what m2v push --eval makes of a card: eval.Scored.ModelIndex in its
// front matter, whose own test has the same block.
const cardWithScores = `---
license: mit
model-index:
- name: "org/model"
  results:
  - task:
      type: "WordSimilarity"
    dataset:
      name: "men"
      type: "men"
      split: test
    metrics:
    - type: "cosine_spearman"
      name: "Spearman of cosine"
      value: 71.20
---
# A model
`
