package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/m2v-dev/m2v/serve"
	"github.com/m2v-dev/m2v/static"
)

// A reload while requests come: each is answered, by the old model or by the new one. A
// reload that fails leaves the old one.
func TestReloadLosesNoRequest(t *testing.T) {
	var now atomic.Pointer[string]
	set := func(name string) { now.Store(&name) }
	set("float32")
	h, err := serve.New(t.Context(), []serve.Source{{Name: "m", Open: func(context.Context) (*static.Model, error) {
		return static.Open(folder(*now.Load()))
	}}}, serve.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	texts := many()[:40]
	request := body(map[string]any{"inputs": texts})
	a, b := encode(t, "float32", texts, static.Options{}), encode(t, "weights", texts, static.Options{})
	var clients sync.WaitGroup
	var done atomic.Bool
	var answers [2]atomic.Int64
	for range 4 {
		clients.Go(func() {
			for !done.Load() {
				w := ask(h, "POST", "/embed", request)
				var got [][]float32
				if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || len(got) != len(texts) {
					t.Errorf("%d %v: %.200s", w.Code, err, w.Body)
					return
				}
				which := 0
				if !slices.Equal(got[0], a.Row(0)) {
					which = 1
				}
				want := a
				if which == 1 {
					want = b
				}
				for i := range got {
					if !slices.Equal(got[i], want.Row(i)) {
						t.Errorf("model %d, text %d: %v, want %v", which, i, got[i], want.Row(i))
						return
					}
				}
				answers[which].Add(1)
			}
		})
	}
	for i := range 60 {
		set([]string{"weights", "float32", "nowhere"}[i%3])
		if err := h.Reload(t.Context()); (err != nil) != (i%3 == 2) {
			t.Errorf("reload of %s: %v", *now.Load(), err)
		}
	}
	done.Store(true)
	clients.Wait()
	if answers[0].Load() == 0 || answers[1].Load() == 0 {
		t.Errorf("%d answers of the first model, %d of the second: the test saw no change", answers[0].Load(), answers[1].Load())
	}
	metrics := ask(h, "GET", "/metrics", "").Body.String()
	for _, line := range []string{`m2v_reloads_total{result="done"} 40`, `m2v_reloads_total{result="failed"} 20`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no line %s", line)
		}
	}
}

// A handler that is closed answers 503, and does not open its models again.
func TestClosed(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32")
	h.Close()
	if w := ask(h, "POST", "/embed", `{"inputs": "a"}`); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := h.Reload(t.Context()); err == nil {
		t.Error("a closed handler reloads")
	}
}

// A client that went away gets no more vectors made.
func TestClientGone(t *testing.T) {
	var out bytes.Buffer
	o := serve.DefaultOptions()
	o.Log = slog.New(slog.NewJSONHandler(&out, nil))
	h := handler(t, o, "float32")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("gone"))
	r, err := http.NewRequestWithContext(ctx, "POST", "/embed", strings.NewReader(`{"inputs": "a"}`))
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(&unwritten{t: t}, r)
	var line struct {
		Level, Msg, Method, Path, Error string
		Status, Texts                   int
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Status != 499 || line.Path != "/embed" || line.Error != "the client went away" || line.Texts != 0 {
		t.Errorf("%v in %s", err, out.Bytes())
	}
}

// unwritten is an answer that nobody may write.
type unwritten struct {
	t      *testing.T
	header http.Header
}

func (w *unwritten) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *unwritten) WriteHeader(status int) { w.t.Errorf("status %d is written", status) }
func (w *unwritten) Write(data []byte) (int, error) {
	w.t.Errorf("%q is written", data)
	return len(data), nil
}

// The log has a line for a request, with what it cost.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	o := serve.DefaultOptions()
	o.Log = slog.New(slog.NewJSONHandler(&out, nil))
	h := handler(t, o, "float32")
	ask(h, "GET", "/health", "") // not worth a line
	ask(h, "POST", "/embed", `{"inputs": ["the river", "a"]}`)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	for key, want := range map[string]any{"msg": "request", "level": "INFO", "method": "POST", "path": "/embed", "status": 200.0, "texts": 2.0, "tokens": 3.0, "model": "float32"} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
}
