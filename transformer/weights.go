package transformer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/tensors"
)

// moduleWeights are the tensors of a module's model.safetensors.
type moduleWeights struct {
	file  string
	st    *tensors.File
	taken map[string]bool
}

// weights reads the module's model.safetensors.
func (p *pipeline) weights(m module) (*moduleWeights, error) {
	name := m.file("model.safetensors")
	data, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(p.dir, filepath.FromSlash(m.file("pytorch_model.bin")))); err == nil {
			return nil, fmt.Errorf("it has no model.safetensors, and %s, in PyTorch's own format, is not read", m.file("pytorch_model.bin"))
		}
		return nil, fmt.Errorf("%s is not in the folder", name)
	}
	if err != nil {
		return nil, err
	}
	if files.IsPointer(data) {
		return nil, fmt.Errorf("%s is a Git LFS pointer, not the file itself: git lfs pull fetches it", name)
	}
	file, err := tensors.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.files = append(p.files, name)
	return &moduleWeights{file: name, st: file, taken: map[string]bool{}}, nil
}

// take returns the values of a tensor of the given shape.
func (w *moduleWeights) take(name string, shape ...int) ([]float32, error) {
	tensor, ok := w.st.Tensor(name)
	if !ok {
		return nil, fmt.Errorf("%s has no tensor %s", w.file, name)
	}
	w.taken[name] = true
	if !slices.Equal(tensor.Shape, shape) {
		return nil, fmt.Errorf("%s: %s has the shape %v, not %v", w.file, name, tensor.Shape, shape)
	}
	values, err := tensor.Rounded()
	if err != nil {
		return nil, fmt.Errorf("%s: %s %w", w.file, name, err)
	}
	return values, nil
}

// none refuses tensors that nobody took: sentence-transformers does not load them.
func (w *moduleWeights) none() error {
	var others []string
	for _, name := range w.st.Names() {
		if !w.taken[name] {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return fmt.Errorf("%s has tensors that the module does not use: %s", w.file, strings.Join(others, ", "))
}
