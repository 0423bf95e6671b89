//go:build !cgo

package runtime

import "context"

// Runtime is the running library; without cgo there is none.
type Runtime struct{ products products }

// Start returns ErrNoCgo.
func Start(string) (*Runtime, error) { return nil, ErrNoCgo }

// Version returns "".
func (*Runtime) Version() string { return "" }

// Path returns "".
func (*Runtime) Path() string { return "" }

// Providers returns none.
func (*Runtime) Providers() []ExecutionProvider { return nil }

// CheckProvider returns ErrNoCgo.
func (*Runtime) CheckProvider(ExecutionProvider) error { return ErrNoCgo }

// Open returns ErrNoCgo.
func (*Runtime) Open(string, SessionOptions) (*Session, error) { return nil, ErrNoCgo }

// OpenBytes returns ErrNoCgo.
func (*Runtime) OpenBytes([]byte, SessionOptions) (*Session, error) { return nil, ErrNoCgo }

// Session is a graph that is ready to run; without cgo there is none.
type Session struct{}

// Run returns ErrNoCgo.
func (*Session) Run(context.Context, []*Tensor, []*Tensor) error { return ErrNoCgo }

// Close does nothing.
func (*Session) Close() error { return nil }

// Tensor is a value that a session reads or writes; without cgo there is none.
type Tensor struct{}

// NewTensor returns ErrNoCgo.
func NewTensor[T Element]([]T, ...int64) (*Tensor, error) { return nil, ErrNoCgo }

// NewHalf returns ErrNoCgo.
func NewHalf([]uint16, ...int64) (*Tensor, error) { return nil, ErrNoCgo }

// Floats returns nil.
func (*Tensor) Floats() []float32 { return nil }

// Dims returns nil.
func (*Tensor) Dims() []int64 { return nil }

// Close does nothing.
func (*Tensor) Close() error { return nil }
