package transformer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"
	"github.com/x448/float16"
)

// moduleWeights are the tensors of a module's model.safetensors.
type moduleWeights struct {
	file  string
	st    safetensors.SafeTensors
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
	if isPointer(data) {
		return nil, fmt.Errorf("%s is a Git LFS pointer, not the file itself: git lfs pull fetches it", name)
	}
	tensors, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.files = append(p.files, name)
	return &moduleWeights{file: name, st: tensors, taken: map[string]bool{}}, nil
}

// take returns the values of a tensor of the given shape.
func (w *moduleWeights) take(name string, shape ...int) ([]float32, error) {
	view, ok := w.st.Tensor(name)
	if !ok {
		return nil, fmt.Errorf("%s has no tensor %s", w.file, name)
	}
	w.taken[name] = true
	same := slices.EqualFunc(view.Shape(), shape, func(a uint64, b int) bool { return a == uint64(b) })
	if !same {
		return nil, fmt.Errorf("%s: %s has the shape %v, not %v", w.file, name, view.Shape(), shape)
	}
	values, err := widen(view)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", w.file, name, err)
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
	slices.Sort(others)
	return fmt.Errorf("%s has tensors that the module does not: %s", w.file, strings.Join(others, ", "))
}

// widen returns a tensor's values, floats of 16 to 64 bits, as float32. The reader
// has compared its shape with its bytes.
func widen(view safetensors.TensorView) ([]float32, error) {
	raw := view.Data()
	little := binary.LittleEndian
	switch view.DType() {
	case safetensors.F64:
		return convert(raw, 8, func(b []byte) float32 { return float32(math.Float64frombits(little.Uint64(b))) }), nil
	case safetensors.F32:
		return convert(raw, 4, func(b []byte) float32 { return math.Float32frombits(little.Uint32(b)) }), nil
	case safetensors.F16:
		return convert(raw, 2, func(b []byte) float32 { return float16.Frombits(little.Uint16(b)).Float32() }), nil
	case safetensors.BF16:
		return convert(raw, 2, func(b []byte) float32 { return math.Float32frombits(uint32(little.Uint16(b)) << 16) }), nil
	}
	return nil, fmt.Errorf("values of %s are not read", view.DType())
}

// convert reads values of size bytes each.
func convert(raw []byte, size int, read func([]byte) float32) []float32 {
	values := make([]float32, len(raw)/size)
	for i := range values {
		values[i] = read(raw[i*size:])
	}
	return values
}
