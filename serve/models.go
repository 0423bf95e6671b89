package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/static"
)

// served is a model that is open.
type served struct {
	name     string
	model    *static.Model
	opened   time.Time
	encoders sync.Pool // of *static.Encoder
}

// open opens all sources, or none.
func open(ctx context.Context, sources []Source) (models []*served, err error) {
	defer func() {
		if err != nil {
			closeAll(models)
			models = nil
		}
	}()
	seen := map[string]bool{}
	for _, s := range sources {
		if s.Name == "" || seen[s.Name] {
			return models, fault.Hint(fault.Argument("model name %q is empty or given twice", s.Name), "give each model a name of its own: NAME=MODEL")
		}
		seen[s.Name] = true
		m, err := s.Open(ctx)
		if err != nil {
			return models, err
		}
		opened := &served{name: s.Name, model: m, opened: time.Now()}
		models = append(models, opened)
		if err := m.CheckFinite(); err != nil {
			return models, fmt.Errorf("model %s: %w", s.Name, err)
		}
		e, err := opened.encoder() // made now, not while requests wait
		if err != nil {
			return models, err
		}
		opened.put(e)
	}
	return models, nil
}

func closeAll(models []*served) {
	for _, m := range models {
		_ = m.model.Close() // memory given back
	}
}

// encoder returns an encoder of the model; put takes it back.
func (m *served) encoder() (*static.Encoder, error) {
	if e, ok := m.encoders.Get().(*static.Encoder); ok {
		return e, nil
	}
	return m.model.NewEncoder(static.Options{})
}

func (m *served) put(e *static.Encoder) { m.encoders.Put(e) }

// Reload opens all models anew and puts them in the place of the old ones, which are closed
// as soon as no request uses them. If one cannot be opened, all old ones stay.
func (h *Handler) Reload(ctx context.Context) error {
	h.reload.Lock()
	defer h.reload.Unlock()
	if h.closed() {
		return errors.New("serve: reload: the handler is closed")
	}
	models, err := open(ctx, h.sources)
	if err != nil {
		h.metrics.reloads.WithLabelValues("failed").Inc()
		return fmt.Errorf("serve: reload: %w", err)
	}
	h.swap(models)
	h.metrics.reloads.WithLabelValues("done").Inc()
	return nil
}

// Close closes the models, when no request uses them any more. Later requests are
// answered 503.
func (h *Handler) Close() {
	h.reload.Lock()
	defer h.reload.Unlock()
	h.swap(nil)
}

func (h *Handler) closed() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.models) == 0
}

// swap waits for the requests that are worked on; the next ones wait for it, which
// takes no longer than one request.
func (h *Handler) swap(models []*served) {
	h.mu.Lock()
	old := h.models
	h.models = models
	h.mu.Unlock()
	closeAll(old)
}

// use calls do with the model of a name, "" for the first. The model stays open meanwhile.
// do makes an answer and leaves writing it to the caller: a client that reads slowly
// must not keep a reload waiting.
func (h *Handler) use(name string, do func(*served) error) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.models) == 0 {
		return errStopping
	}
	if name == "" {
		return do(h.models[0])
	}
	for _, m := range h.models {
		if m.name == name {
			return do(m)
		}
	}
	return errModel(name)
}
