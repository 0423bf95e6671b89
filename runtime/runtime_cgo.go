//go:build cgo

package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Runtime is the running library. A process has one at most: the library cannot
// be exchanged once it is open, and stays until the process ends.
type Runtime struct {
	path     string
	version  string
	products products
}

const noTelemetry = "ORT_DISABLE_TELEMETRY"

var running struct {
	sync.Mutex
	*Runtime
}

// Start opens the library at path, which Find returned. A second Start of the
// same library returns the same Runtime; of another, an error.
func Start(path string) (*Runtime, error) {
	path, err := filepath.Abs(path) // a bare name would be searched for by the system's loader
	if err != nil {
		return nil, fmt.Errorf("runtime: start: %w", err)
	}
	running.Lock()
	defer running.Unlock()
	if rt := running.Runtime; rt != nil {
		if rt.path != path {
			return nil, fmt.Errorf("runtime: start %s: %s is already running", path, rt.path)
		}
		return rt, nil
	}
	if _, err := Check(path); err != nil {
		return nil, err
	}
	// From 1.29 on, official builds send usage data to their maker unless this
	// variable is set before they start. A user's own setting is kept.
	if _, set := os.LookupEnv(noTelemetry); !set {
		if err := os.Setenv(noTelemetry, "1"); err != nil {
			return nil, fmt.Errorf("runtime: start: %w", err)
		}
	}
	ort.SetSharedLibraryPath(path)
	// Below "fatal" the library prints to stderr what it also returns as an error.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return nil, fmt.Errorf("runtime: start %s: %w", path, err)
	}
	_ = ort.DisableTelemetry() // the switch of Windows builds; others know nothing of it
	running.Runtime = &Runtime{path: path, version: ort.GetVersion()}
	return running.Runtime, nil
}

// Version returns the library's own version, such as "1.27.0".
func (rt *Runtime) Version() string { return rt.version }

// Path returns the library's absolute path.
func (rt *Runtime) Path() string { return rt.path }
