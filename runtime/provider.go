package runtime

import (
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/m2v-dev/m2v/internal/fault"
)

// A Provider finds and starts ONNX Runtime once something needs it.
type Provider struct {
	Library string // a library, or the folder that holds it; "" looks for one
	// Getenv gives $M2V_ORT_LIB and $XDG_CACHE_HOME; nil for none.
	Getenv  func(string) string
	Threads int // that work side by side; 0 for one a core
	// Execution is what teachers' graphs run on. Products of matrices run on the CPU.
	Execution ExecutionProvider
	// AsExported runs teachers' graphs as their files have them, where otherwise nodes are
	// put together that cost less so: see transformer.Info.Rewriting.
	AsExported bool
}

// Search says where the library is looked for: Library, $M2V_ORT_LIB, the program's own
// folder, m2v's cache, the system's folders.
func (p Provider) Search() Search {
	s := Search{Flag: p.Library, System: SystemFolders(), Execution: p.Execution}
	if p.Getenv != nil {
		s.Env, s.Cache = p.Getenv("M2V_ORT_LIB"), CacheFolder(p.Getenv)
	}
	if program, err := os.Executable(); err == nil {
		s.Beside = filepath.Dir(program)
	}
	return s
}

// Find returns the library that Start would open. An error names the next step.
func (p Provider) Find() (Library, error) {
	found, err := Find(p.Search())
	var missing *NotFoundError
	if errors.As(err, &missing) {
		if !p.Execution.OnCPU() {
			return found, fault.Hint(err, "m2v runtime install --provider %s gets ONNX Runtime with it", p.Execution)
		}
		return found, fault.Hint(err, "m2v runtime install gets ONNX Runtime; m2v doctor says what is there")
	}
	return found, fault.Hint(err, "name another library with --ort-lib, or let m2v runtime install get one")
}

// Start opens the library and lets gonum's large products run on it. A process opens
// one library; a second call returns the same. A library that lacks p.Execution is a
// *ProviderError.
func (p Provider) Start() (*Runtime, error) {
	found, err := p.Find()
	if err != nil {
		return nil, err
	}
	rt, err := Start(found.Path)
	if err != nil {
		return nil, err
	}
	if err := rt.CheckProvider(p.Execution); err != nil {
		return nil, err
	}
	product, err := NewBLAS(rt, p.Count())
	if err != nil {
		return nil, err
	}
	blas64.Use(product)
	blas32.Use(product)
	return rt, nil
}

// StartIfThere is Start for work that can do without the library: a library that is
// not found is no error, unless the user named it or what it runs on. The result is nil
// then.
func (p Provider) StartIfThere() (*Runtime, error) {
	rt, err := p.Start()
	if err != nil && (p.Library != "" || !p.Execution.OnCPU()) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	return rt, nil
}

// Count returns the number of threads.
func (p Provider) Count() int {
	if p.Threads == 0 {
		return goruntime.GOMAXPROCS(0)
	}
	return p.Threads
}

// CacheFolder returns m2v's cache folder, $XDG_CACHE_HOME/m2v or what the system has
// for it; "" where there is none.
func CacheFolder(getenv func(string) string) string {
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "m2v")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "m2v")
}
