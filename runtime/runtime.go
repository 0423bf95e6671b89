// Package runtime finds, installs, starts and runs ONNX Runtime, and offers its
// matrix product as a gonum BLAS.
//
// The runtime is a shared library that is opened while the program runs; it is
// found, never assumed. Opening it needs cgo: without, everything here still
// builds, Find and Install work, and Start says what is missing.
//
// Nothing here reads the environment or prints: folders and variables' values
// are passed in.
package runtime

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Version is the release that Install gets and that m2v is tested with.
const Version = "1.27.0"

// minMinor is the oldest 1.x whose C API (number 24) the binding asks for.
const minMinor = 24

// ErrNoCgo is returned by Start where the program was built without cgo.
var ErrNoCgo = errors.New("runtime: this m2v was built without cgo (CGO_ENABLED=0) and cannot run ONNX graphs")

// SessionOptions are the switches of a session.
type SessionOptions struct {
	// Threads is the number of threads inside one Run; 1 if 0. A result may
	// depend on it: m2v runs several batches side by side instead.
	Threads int
	// Weights is the folder of the files in which a graph from memory has its weights; ""
	// for none.
	Weights string
	// Provider is what the graph runs on.
	Provider ExecutionProvider
	// Inputs and Outputs are the names that Run's tensors stand for, in order.
	Inputs, Outputs []string
}

// Element is a type of values that tensors hold as Go slices. uint16 stands for
// the bits of a float16 in tensors of NewHalf, for integers in those of NewTensor.
type Element interface {
	float32 | float64 | int32 | int64 | uint8 | uint16
}

// supported returns an error if version, such as "1.23.1", is too old for the
// C API that the binding asks for.
func supported(version string) error {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(minor)
	if err != nil {
		return fmt.Errorf("its version %q is not understood", version)
	}
	if major == "1" && n < minMinor {
		return fmt.Errorf("its version is %s, and 1.%d or newer is needed", version, minMinor)
	}
	return nil
}
