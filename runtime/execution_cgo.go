//go:build cgo

package runtime

import (
	"errors"
	goruntime "runtime"

	ort "github.com/yalue/onnxruntime_go"
)

// Providers returns the execution providers that the library can use on this machine, CPU
// first. Each is tried: a library that was built with CUDA lacks it where the machine has no
// driver. It may take seconds.
func (rt *Runtime) Providers() []ExecutionProvider {
	var has []ExecutionProvider
	for _, e := range ExecutionProviders {
		if try(e) == nil {
			has = append(has, e)
		}
	}
	return has
}

// CheckProvider returns a *ProviderError if the library cannot use e on this machine.
func (rt *Runtime) CheckProvider(e ExecutionProvider) error {
	cause := try(e)
	if cause == nil {
		return nil
	}
	return &ProviderError{e, rt.path, rt.version, rt.Providers(), cause, goruntime.GOOS, goruntime.GOARCH}
}

// try adds e to the options of a session that is not opened.
func try(e ExecutionProvider) error {
	if e.OnCPU() {
		return nil
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return err
	}
	defer options.Destroy()
	return e.add(options)
}

// add lets a session run on e, and on the CPU what e cannot.
func (e ExecutionProvider) add(options *ort.SessionOptions) error {
	switch e {
	case "", CPU:
		return nil
	case CUDA:
		cuda, err := ort.NewCUDAProviderOptions()
		if err != nil {
			return err
		}
		return errors.Join(options.AppendExecutionProviderCUDA(cuda), cuda.Destroy())
	case CoreML:
		return options.AppendExecutionProviderCoreMLV2(map[string]string{"ModelFormat": "MLProgram"})
	case DirectML: // it takes no memory pattern, and one run at a time
		return errors.Join(options.SetMemPattern(false), options.SetExecutionMode(ort.ExecutionModeSequential), options.AppendExecutionProviderDirectML(0))
	}
	return (&e).Set(string(e)) // no such provider
}
