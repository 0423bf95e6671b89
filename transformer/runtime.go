package transformer

import "github.com/m2v-dev/m2v/runtime"

// Runtime is a running ONNX Runtime.
type Runtime = runtime.Runtime

// StartRuntime opens the library of ONNX Runtime (1.24 or newer) at path. A
// process has one at most; a second call with the same path returns the same.
// It needs a program built with cgo.
func StartRuntime(path string) (*Runtime, error) { return runtime.Start(path) }
