// Package serve answers requests for embeddings over HTTP with static models, in the
// forms that clients already speak: OpenAI's /v1/embeddings and those of
// text-embeddings-inference (/embed, /similarity, /tokenize).
//
//	h, err := serve.New(ctx, []serve.Source{serve.Folder("student", dir)}, serve.DefaultOptions())
//	...
//	defer h.Close()
//	http.Handle("/", h)
//
// A Handler fits into any server. Server is one that waits for slow clients no longer than
// it must and ends in good order. docs/serve.md lists paths, statuses and bodies.
package serve

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/m2v-dev/m2v/internal/fault"
)

// Options are a Handler's limits. Begin with DefaultOptions: a limit of 0 lets nothing in.
type Options struct {
	// APIKeys are those of which a request has to carry one, as "Authorization: Bearer
	// KEY", on all paths but /health and /metrics. None: everybody is answered.
	APIKeys []string

	MaxBody       int64 // bytes of a request's body; more is 413
	MaxInputs     int   // texts of a request; more is 422
	MaxTokens     int   // tokens of all texts of a request, after their cut; more is 422
	MaxConcurrent int   // requests that are worked on at a time; one more is 429

	// Truncate cuts texts longer than the model reads, as Encode does, where a request
	// does not say; false refuses them (422).
	Truncate bool
	// Threads is how many cores one request of many texts may use; 0 means GOMAXPROCS.
	Threads int

	// Version is what /info says of the program.
	Version string
	// Log gets a record for each request; nil keeps none.
	Log *slog.Logger
}

// DefaultOptions returns limits that clients of OpenAI and of text-embeddings-inference do
// not meet: 2,048 inputs and 300,000 tokens a request are OpenAI's own, 512 requests at a
// time those of text-embeddings-inference.
func DefaultOptions() Options {
	return Options{MaxBody: 8 << 20, MaxInputs: 2048, MaxTokens: 300_000, MaxConcurrent: 512, Truncate: true}
}

// check refuses limits that let nothing in.
func (o Options) check() error {
	for _, least := range []struct {
		name           string
		value, minimum int64
	}{
		{"max-body", o.MaxBody, 1}, {"max-inputs", int64(o.MaxInputs), 1}, {"max-tokens", int64(o.MaxTokens), 1}, {"max-concurrent", int64(o.MaxConcurrent), 1},
		{"threads", int64(o.Threads), 0},
	} {
		if least.value < least.minimum {
			return fault.Option(least.name, least.value, "is less than %d", least.minimum)
		}
	}
	return nil
}

// A Handler answers requests. It is safe for concurrent use until it is closed.
type Handler struct {
	options Options
	keys    [][sha256.Size]byte
	log     *slog.Logger
	sources []Source
	slots   chan struct{} // one is held while a request is worked on
	metrics *metrics
	routes  map[string]*route // by path

	draining atomic.Bool // a Server is about to stop

	reload sync.Mutex // one at a time
	mu     sync.RWMutex
	models []*served // as sources; read-locked while used, so that none is closed meanwhile
}

// New opens the models. The first is the one of requests that name none.
func New(ctx context.Context, sources []Source, o Options) (*Handler, error) {
	if len(sources) == 0 {
		return nil, errors.New("serve: no model")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	h := &Handler{options: o, log: o.Log, sources: sources, slots: make(chan struct{}, o.MaxConcurrent), metrics: newMetrics()}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	for _, key := range o.APIKeys {
		if key == "" {
			return nil, errors.New("serve: an API key is empty")
		}
		h.keys = append(h.keys, sha256.Sum256([]byte(key)))
	}
	h.routes = h.paths()
	models, err := open(ctx, sources)
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	h.models = models
	return h, nil
}

// A route is what answers a path.
type route struct {
	method string
	shape  errorShape
	open   bool // needs no key
	quiet  bool // is logged at level debug
	serve  func(http.ResponseWriter, *http.Request, *record) error
	*observed
}

// paths lists what is served.
func (h *Handler) paths() map[string]*route {
	routes := map[string]*route{
		"/v1/embeddings": {method: "POST", shape: openAIShape, serve: h.openAIEmbeddings},
		"/v1/models":     {method: "GET", shape: openAIShape, serve: h.listModels},
		"/v1/models/":    {method: "GET", shape: openAIShape, serve: h.showModel}, // and a name
		"/embed":         {method: "POST", serve: h.embed},
		"/similarity":    {method: "POST", serve: h.similarity},
		"/tokenize":      {method: "POST", serve: h.tokenize},
		"/info":          {method: "GET", serve: h.info},
		"/health":        {method: "GET", open: true, quiet: true, serve: h.health},
		"/metrics":       {method: "GET", open: true, quiet: true, serve: h.metrics.serve},
		"":               {serve: notFound}, // all others
	}
	for path, r := range routes {
		r.observed = h.metrics.observe(path)
	}
	// Clients that are given the address of the server alone, such as
	// huggingface_hub's, post to its root.
	routes["/"] = routes["/embed"]
	return routes
}

// find returns what answers a path.
func (h *Handler) find(path string) *route {
	if r, ok := h.routes[path]; ok {
		return r
	}
	if strings.HasPrefix(path, "/v1/models/") {
		return h.routes["/v1/models/"]
	}
	if strings.HasPrefix(path, "/v1/") {
		return &route{shape: openAIShape, serve: notFound, observed: h.routes[""].observed}
	}
	return h.routes[""]
}

// A record is what log and metrics know of a request.
type record struct {
	model         string
	texts, tokens int
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rt := h.find(r.URL.Path)
	out := &response{ResponseWriter: w, last: &h.draining}
	var rec record
	h.metrics.inFlight.Inc()
	defer h.metrics.inFlight.Dec()
	err := h.answer(out, r, rt, &rec)
	if err != nil {
		h.fail(out, rt.shape, err)
	}
	elapsed := time.Since(start)
	rt.done(out.status, elapsed, rec)
	level := slog.LevelInfo
	switch {
	case out.status >= 500:
		level = slog.LevelError
	case rt.quiet && out.status < 400:
		level = slog.LevelDebug
	}
	if h.log.Enabled(r.Context(), level) {
		h.logRequest(r, level, out, rec, elapsed, err)
	}
}

func (h *Handler) logRequest(r *http.Request, level slog.Level, out *response, rec record, elapsed time.Duration, err error) {
	list := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", out.status),
		slog.Float64("milliseconds", float64(elapsed.Microseconds())/1000), slog.Int("bytes", out.bytes), slog.String("client", r.RemoteAddr),
	}
	if rec.texts > 0 {
		list = append(list, slog.String("model", rec.model), slog.Int("texts", rec.texts), slog.Int("tokens", rec.tokens))
	}
	if err != nil {
		list = append(list, slog.String("error", err.Error()))
	}
	h.log.LogAttrs(r.Context(), level, "request", list...)
}

// answer checks key and method and calls the route. What panics becomes an error.
func (h *Handler) answer(w *response, r *http.Request, rt *route, rec *record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("panic", "path", r.URL.Path, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errInternal
		}
	}()
	if !rt.open && !h.allowed(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return errKey
	}
	if rt.method != "" && r.Method != rt.method && (rt.method != "GET" || r.Method != "HEAD") {
		w.Header().Set("Allow", rt.method)
		return errMethod(r.Method, rt.method)
	}
	return rt.serve(w, r, rec)
}

// allowed tells whether a request carries a key, in a time that does not depend on which.
func (h *Handler) allowed(r *http.Request) bool {
	if len(h.keys) == 0 {
		return true
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(key)))
	same := 0
	for _, k := range h.keys {
		same |= subtle.ConstantTimeCompare(sum[:], k[:])
	}
	return same == 1
}

// health answers 200 as long as the server takes requests.
func (h *Handler) health(w http.ResponseWriter, _ *http.Request, _ *record) error {
	if h.draining.Load() {
		return errStopping
	}
	return writeJSON(w, map[string]string{"status": "ok"})
}

func notFound(_ http.ResponseWriter, r *http.Request, _ *record) error { return errPath(r.URL.Path) }

// A response remembers what was answered.
type response struct {
	http.ResponseWriter
	last          *atomic.Bool // the connection is for no more requests
	status, bytes int
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		if w.last.Load() {
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(data)
	w.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
