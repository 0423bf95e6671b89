package hub

import (
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/hubtest"
)

// fakeHub is hubtest's server, with this package's configuration for it.
type fakeHub struct{ *hubtest.Server }

// newFakeHub serves files as the one commit of org/model, on branch main.
func newFakeHub(t testing.TB, files map[string]string) *fakeHub {
	return &fakeHub{hubtest.New(t, files)}
}

func (h *fakeHub) config(t testing.TB) Config {
	return Config{Cache: t.TempDir(), Endpoint: h.Hub.URL, RetryWait: time.Millisecond, Timeout: 10 * time.Second}
}
