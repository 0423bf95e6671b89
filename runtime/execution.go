package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An ExecutionProvider is what ONNX Runtime runs a teacher's graph on. The zero value is
// CPU. It is a flag's value.
type ExecutionProvider string

// The execution providers.
const (
	CPU      ExecutionProvider = "cpu"      // the processor
	CUDA     ExecutionProvider = "cuda"     // GPUs of NVIDIA: Linux and Windows
	CoreML   ExecutionProvider = "coreml"   // what Apple's computers have: macOS
	DirectML ExecutionProvider = "directml" // GPUs of any make: Windows
)

// ExecutionProviders are all of them.
var ExecutionProviders = []ExecutionProvider{CPU, CUDA, CoreML, DirectML}

// String returns the name, "cpu" for the zero value.
func (e ExecutionProvider) String() string {
	if e == "" {
		return string(CPU)
	}
	return string(e)
}

// OnCPU tells whether e is the processor.
func (e ExecutionProvider) OnCPU() bool { return e == "" || e == CPU }

// Set parses a name. e keeps its value on an error.
func (e *ExecutionProvider) Set(s string) error {
	if !slices.Contains(ExecutionProviders, ExecutionProvider(s)) {
		return fmt.Errorf("execution provider %q is not one of %s", s, ProviderNames(ExecutionProviders))
	}
	*e = ExecutionProvider(s)
	return nil
}

// Type names the flag's kind of value in help texts.
func (e *ExecutionProvider) Type() string { return "cpu|cuda|coreml|directml" }

// An Engine is what runs a graph.
type Engine struct {
	Version   string            // of the library
	Provider  ExecutionProvider // CPU or "" for the CPU
	Rewriting string            // of the graph, before it ran; "" for none
}

// String names an engine: the library's version, the provider unless it is the CPU, and
// the graph's rewriting if there was one, such as "1.27.0" or "1.27.0 cuda". It stands in
// the keys of all that is kept between runs, since another engine rounds otherwise.
func (e Engine) String() string {
	name := e.Version
	if !e.Provider.OnCPU() {
		name += " " + string(e.Provider)
	}
	if e.Rewriting != "" {
		name += " " + e.Rewriting
	}
	return name
}

// ParseEngine returns the engine of that name. Its provider is "" for the CPU.
func ParseEngine(name string) Engine {
	words := strings.Fields(name)
	var e Engine
	for i, word := range words {
		switch {
		case i == 0:
			e.Version = word
		case slices.Contains(ExecutionProviders, ExecutionProvider(word)):
			e.Provider = ExecutionProvider(word)
		default:
			e.Rewriting = word
		}
	}
	return e
}

// built tells whether the libraries of the provider lie beside ONNX Runtime's.
func (e *ProviderError) built() bool {
	beside := companions(e.goos, e.Provider)
	for _, name := range beside {
		if _, err := os.Stat(filepath.Join(filepath.Dir(e.Path), name)); err != nil {
			return false
		}
	}
	return len(beside) > 0
}

// ProviderNames joins names for a message: "cpu, cuda".
func ProviderNames(list []ExecutionProvider) string {
	words := make([]string, len(list))
	for i, e := range list {
		words[i] = e.String()
	}
	return strings.Join(words, ", ")
}

// A ProviderError says that a library cannot run graphs on an execution provider.
type ProviderError struct {
	Provider      ExecutionProvider
	Path, Version string              // of the library
	Has           []ExecutionProvider // what it can
	Cause         error               // the library's own words
	goos, arch    string
}

// Error names the provider, the library and what it has.
func (e *ProviderError) Error() string {
	return fmt.Sprintf("runtime: ONNX Runtime %s in %s cannot use execution provider %s, only %s: %s",
		e.Version, e.Path, e.Provider, ProviderNames(e.Has), strings.Join(strings.Fields(e.Cause.Error()), " "))
}

// Unwrap returns the library's own words.
func (e *ProviderError) Unwrap() error { return e.Cause }

// Hint names the command that gets a library with the provider, where there is one.
func (e *ProviderError) Hint() string {
	if e.built() {
		return fmt.Sprintf("the library was built with %s, and this machine lacks the device, its driver or the driver's libraries", e.Provider)
	}
	if _, err := buildFor(e.Provider, e.goos, e.arch); err != nil {
		return fmt.Sprintf("leave --provider out to run on the CPU; %v", err)
	}
	return fmt.Sprintf("m2v runtime install --provider %s gets a library that has it; the device's own drivers and libraries must be there too", e.Provider)
}
