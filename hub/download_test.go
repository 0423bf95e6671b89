package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/hubtest"
)

// partialOf returns where the graph's download grows.
func partialOf(c Config, content string) string {
	return filepath.Join(c.Cache, "models--org--model", "blobs", hubtest.SHA256([]byte(content))+".incomplete")
}

func graph() Request {
	return Request{Repo: "org/model", Files: []Want{{Any: []string{"onnx/model.onnx"}}}}
}

// breakOff answers with the first bytes of content only, as a connection that
// is lost.
func breakOff(w http.ResponseWriter, content string, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	_, _ = w.Write([]byte(content[:n]))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestDownloadGoesOnWhereItBrokeOff(t *testing.T) {
	h := newFakeHub(t, teacher())
	content := teacher()["onnx/model.onnx"]
	broken := 0
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if strings.HasPrefix(path, "cdn/") && broken < 2 {
			if broken++; broken == 1 {
				breakOff(w, content, 1000)
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	c := h.config(t)
	sameFiles(t, mustFetch(t, graph(), c), teacher(), []string{"onnx/model.onnx"})
	var ranges []string
	for _, line := range h.Seen() {
		if _, from, ok := strings.Cut(line, "bytes="); ok && strings.HasPrefix(line, "CDN") {
			ranges = append(ranges, from)
		}
	}
	if fmt.Sprint(ranges) != "[1000- 1000-]" {
		t.Errorf("ranges asked for: %q, want the rest, twice", ranges)
	}
}

func TestDownloadGoesOnInTheNextRun(t *testing.T) {
	content := teacher()["onnx/model.onnx"]
	for _, test := range []struct {
		name, partial string
		downloads     int
	}{
		{"nothing", "", 1},
		{"a part", content[:5000], 1},
		{"all of it", content, 0},
		{"too much", content + "x", 1},
		{"a wrong part", "wrong" + content[5:5000], 2},
		{"all of it, wrong", "wrong" + content[5:], 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newFakeHub(t, teacher())
			c := h.config(t)
			partial := partialOf(c, content)
			if err := os.MkdirAll(filepath.Dir(partial), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(partial, []byte(test.partial), 0o666); err != nil {
				t.Fatal(err)
			}
			sameFiles(t, mustFetch(t, graph(), c), teacher(), []string{"onnx/model.onnx"})
			downloads := 0
			for _, line := range h.Seen() {
				if strings.HasPrefix(line, "CDN") {
					downloads++
				}
			}
			if downloads != test.downloads {
				t.Errorf("%d downloads, want %d", downloads, test.downloads)
			}
		})
	}
}

func TestDownloadFromAServerWithoutRanges(t *testing.T) {
	h := newFakeHub(t, teacher())
	content := teacher()["onnx/model.onnx"]
	tried := 0
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if !strings.HasPrefix(path, "cdn/") {
			return false
		}
		if tried++; tried == 1 {
			breakOff(w, content, 1000)
		}
		_, _ = w.Write([]byte(content)) // 200, chunked
		return true
	}
	sameFiles(t, mustFetch(t, graph(), h.config(t)), teacher(), []string{"onnx/model.onnx"})
}

// What arrives is never what the Hub lists: nothing may appear in the cache.
func TestDownloadRefusesWhatTheHubDoesNotList(t *testing.T) {
	content := teacher()["onnx/model.onnx"]
	reply := func(body string, header ...string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			if w.Header().Get("Content-Range") != "" {
				w.WriteHeader(http.StatusPartialContent)
			}
			_, _ = w.Write([]byte(body))
		}
	}
	for _, test := range []struct {
		name  string
		reply func(http.ResponseWriter, *http.Request)
		want  string
		is    error
	}{
		{"other bytes", reply("wrong" + content[5:]), "got " + hubtest.SHA256([]byte("wrong"+content[5:])) + ", the Hub lists " + hubtest.SHA256([]byte(content)), ErrChecksum},
		{"longer", reply(content+"x", "Content-Length", fmt.Sprint(len(content)+1)), "server sends 240001 bytes, the Hub lists 240000", nil},
		{"longer, chunked", reply(content + "x"), "more than the 240000 bytes", nil},
		{"shorter", reply("short", "Content-Length", "5"), "server sends 5 bytes, the Hub lists 240000", nil},
		{"always cut short", func(w http.ResponseWriter, r *http.Request) { breakOff(w, content, 0) }, "unexpected EOF (tried 5 times)", nil},
		{"another range", reply("x", "Content-Range", "bytes 7-7/240000"), `asked for byte 0 of 240000, got "bytes 7-7/240000"`, nil},
		{"no range at all", reply("x", "Content-Range", "lines 1-2"), `Content-Range "lines 1-2" is not`, nil},
		{"compressed", reply(content, "Content-Encoding", "br"), `in the encoding "br"`, nil},
		{"gone", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }, "access refused (HTTP 403)", ErrAccess},
		{"busy", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, "Too Many Requests (HTTP 429) (tried 5 times)", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newFakeHub(t, teacher())
			h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
				if strings.HasPrefix(path, "cdn/") {
					test.reply(w, r)
					return true
				}
				return false
			}
			c := h.config(t)
			dir, err := Fetch(t.Context(), graph(), c)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "hub: fetch onnx/model.onnx of org/model: ") {
				t.Errorf("got %q, error %v, want one with %q", dir, err, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v is not %v", err, test.is)
			}
			root := filepath.Join(c.Cache, "models--org--model")
			for _, path := range []string{"refs/main", "blobs/" + hubtest.SHA256([]byte(content)), "snapshots/*/onnx/model.onnx"} {
				if found, _ := filepath.Glob(filepath.Join(root, path)); len(found) > 0 {
					t.Errorf("%s is there", found)
				}
			}
			if test.is == ErrChecksum {
				if _, err := os.Stat(partialOf(c, content)); err == nil {
					t.Error("the wrong partial file is left for the next run")
				}
			}
		})
	}
}

func TestDownloadChecksGitHashes(t *testing.T) {
	h := newFakeHub(t, teacher())
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if strings.HasSuffix(path, "tokenizer.json") {
			_, _ = w.Write([]byte(strings.Replace(teacher()["tokenizer.json"], "m", "M", 1)))
			return true
		}
		return false
	}
	_, err := Fetch(t.Context(), request(), h.config(t))
	if !errors.Is(err, ErrChecksum) || !strings.Contains(err.Error(), "tokenizer.json") {
		t.Errorf("error %v, want a checksum's that names the file", err)
	}
}

func TestDownloadStalls(t *testing.T) {
	h := newFakeHub(t, teacher())
	release := make(chan struct{})
	stalls := 0
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if !strings.HasPrefix(path, "cdn/") || stalls == 1 {
			return false
		}
		stalls++
		w.Header().Set("Content-Length", fmt.Sprint(len(teacher()["onnx/model.onnx"])))
		_, _ = w.Write([]byte(teacher()["onnx/model.onnx"][:6]))
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return true
	}
	defer close(release)
	c := h.config(t)
	c.Timeout = 200 * time.Millisecond
	sameFiles(t, mustFetch(t, graph(), c), teacher(), []string{"onnx/model.onnx"})
}

func TestDownloadIsCancelled(t *testing.T) {
	h := newFakeHub(t, teacher())
	content := teacher()["onnx/model.onnx"]
	ctx, cancel := context.WithCancel(t.Context())
	h.Fault = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if strings.HasPrefix(path, "cdn/") && r.Header.Get("Range") == "" {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write([]byte(content[:100_000]))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		}
		return false
	}
	c := h.config(t)
	r := graph()
	r.Progress = func(p Progress) {
		if p.Done == 100_000 {
			cancel()
		}
	}
	if _, err := Fetch(ctx, r, c); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	if info, err := os.Stat(partialOf(c, content)); err != nil || info.Size() != 100_000 {
		t.Errorf("partial file: %v, %v", info, err)
	}
	r.Progress = nil
	sameFiles(t, mustFetch(t, r, c), teacher(), []string{"onnx/model.onnx"})
	if seen := strings.Join(h.Seen(), "\n"); !strings.Contains(seen, "bytes=100000-") {
		t.Errorf("the second run did not go on:\n%s", seen)
	}
}

// A process that waits for another one's download must be stoppable too.
func TestLockIsCancelled(t *testing.T) {
	h := newFakeHub(t, teacher())
	c := h.config(t)
	r, err := c.repo("org/model")
	if err != nil {
		t.Fatal(err)
	}
	unlock, exclusive, err := r.lock(t.Context(), hubtest.SHA256([]byte(teacher()["onnx/model.onnx"])))
	if err != nil || !exclusive {
		t.Fatal(exclusive, err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if _, err := Fetch(ctx, graph(), c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}
