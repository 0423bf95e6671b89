//go:build cgo

package runtime

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"
)

// Session is a graph that is ready to run. It is safe for concurrent use.
type Session struct {
	session *ort.DynamicAdvancedSession
	outputs int
}

// Open loads the graph at path, and external data beside it.
func (rt *Runtime) Open(path string, o SessionOptions) (*Session, error) {
	options, err := o.native()
	if err != nil {
		return nil, fmt.Errorf("runtime: open %s: %w", path, err)
	}
	defer options.Destroy()
	session, err := ort.NewDynamicAdvancedSession(path, o.Inputs, o.Outputs, options)
	if err != nil {
		return nil, fmt.Errorf("runtime: open %s: %w", path, err)
	}
	return &Session{session: session, outputs: len(o.Outputs)}, nil
}

// OpenBytes loads a graph from memory, which is free again when it returns.
func (rt *Runtime) OpenBytes(graph []byte, o SessionOptions) (*Session, error) {
	options, err := o.native()
	if err != nil {
		return nil, fmt.Errorf("runtime: open graph of %d bytes: %w", len(graph), err)
	}
	defer options.Destroy()
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(graph, o.Inputs, o.Outputs, options)
	if err != nil {
		return nil, fmt.Errorf("runtime: open graph of %d bytes: %w", len(graph), err)
	}
	return &Session{session: session, outputs: len(o.Outputs)}, nil
}

func (o SessionOptions) native() (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(max(o.Threads, 1)),
		options.SetInterOpNumThreads(1),
		options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
		options.SetLogSeverityLevel(ort.LoggingLevelFatal),
		o.Provider.add(options),
	)
	if o.Weights != "" {
		err = errors.Join(err, options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", o.Weights))
	}
	if err != nil {
		options.Destroy()
		return nil, err
	}
	return options, nil
}

// Run runs the graph once. Outputs are written in place; an output that is nil
// is made by the runtime and put into the slice, for Close by the caller. When
// ctx ends, Run stops after the operator that is at work and returns ctx's error.
func (s *Session) Run(ctx context.Context, inputs, outputs []*Tensor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	options, err := ort.NewRunOptions()
	if err != nil {
		return fmt.Errorf("runtime: run: %w", err)
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = options.Terminate() // the run then ends by itself, later
	})
	defer func() {
		if !stop() {
			<-stopped // options must outlive Terminate
		}
		options.Destroy()
	}()
	in, out := make([]ort.Value, len(inputs)), make([]ort.Value, len(outputs))
	for i, t := range inputs {
		in[i] = t.value
	}
	for i, t := range outputs {
		if t != nil {
			out[i] = t.value
		}
	}
	if err := s.session.RunWithOptions(in, out, options); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("runtime: run: %w", err)
	}
	for i, t := range outputs {
		if t == nil {
			outputs[i] = &Tensor{value: out[i]}
		}
	}
	return nil
}

// Close frees the graph. Runs must have ended.
func (s *Session) Close() error { return s.session.Destroy() }

// Tensor is a value that a session reads or writes, over a Go slice. The library keeps the
// slice's address between calls, so the memory is pinned until Close.
type Tensor struct {
	value ort.Value
	pin   *goruntime.Pinner // nil for the library's own memory
}

// pinned makes a tensor over data.
func pinned[T any](data []T, create func() (ort.Value, error)) (*Tensor, error) {
	pin := new(goruntime.Pinner)
	if len(data) > 0 {
		pin.Pin(&data[0])
	}
	value, err := create()
	if err != nil {
		pin.Unpin()
		return nil, fmt.Errorf("runtime: make tensor: %w", err)
	}
	return &Tensor{value, pin}, nil
}

// NewTensor returns a tensor over data, without copying, whose length must be
// the product of the dimensions. Close it when no run needs it any more.
func NewTensor[T Element](data []T, dims ...int64) (*Tensor, error) {
	return pinned(data, func() (ort.Value, error) { return ort.NewTensor(ort.NewShape(dims...), data) })
}

// NewHalf returns a float16 tensor over data, which holds the values' bits.
func NewHalf(data []uint16, dims ...int64) (*Tensor, error) {
	if len(data) == 0 {
		data = make([]uint16, 1) // the binding takes no empty slice, not even for an empty tensor
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), 2*len(data))
	return pinned(bytes, func() (ort.Value, error) {
		return ort.NewCustomDataTensor(ort.NewShape(dims...), bytes, ort.TensorElementDataTypeFloat16)
	})
}

// Floats returns the values of a float32 tensor, without copying, or nil for
// any other type.
func (t *Tensor) Floats() []float32 {
	if v, ok := t.value.(*ort.Tensor[float32]); ok {
		return v.GetData()
	}
	return nil
}

// Dims returns the tensor's dimensions.
func (t *Tensor) Dims() []int64 { return t.value.GetShape() }

// Close frees the tensor, not the slice that it was made over.
func (t *Tensor) Close() error {
	err := t.value.Destroy()
	if t.pin != nil {
		t.pin.Unpin()
	}
	return err
}
