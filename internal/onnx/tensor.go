package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/x448/float16"
	"google.golang.org/protobuf/encoding/protowire"
)

// maxDims is the largest rank accepted; ONNX Runtime's own kernels stop far below.
const maxDims = 64

// maxVarint bounds the bytes of a tensor kept as varints (int32_data and
// int64_data) that is decoded: such storage cannot be read from the middle.
const maxVarint = 256 << 20

// storage is how a tensor's values lie in its bytes.
type storage uint8

const (
	storedRaw    storage = iota // little-endian, packed; also float_data and double_data
	storedVarint                // int32_data, int64_data, uint64_data: one varint a value
	storedLoose                 // repeated fields that are not packed: not readable
)

// Tensor is an initializer: its type and shape, and where its bytes are.
type Tensor struct {
	Name string
	Type ElemType
	Dims []int64
	// External is the data file's path relative to the graph's folder, or "" when
	// the bytes lie in the graph's own file.
	External string
	// Offset and Length are the bytes' place in that file. Length is -1 for an
	// external file that is read to its end.
	Offset, Length int64

	stored     storage
	dir, model string
	in         *io.SectionReader // the graph's bytes, where Parse was given them
}

// Count returns the number of values that the shape claims, and an error if a
// dimension is negative or the product exceeds an int64. It says nothing about
// the bytes that are there.
func (t *Tensor) Count() (int64, error) {
	n := int64(1)
	for _, d := range t.Dims {
		if d < 0 || (d > 0 && n > math.MaxInt64/d) {
			return 0, fmt.Errorf("onnx: tensor %q: shape %v is not possible", t.Name, t.Dims)
		}
		n *= d
	}
	return n, nil
}

// tensor reads a TensorProto's header and notes where its values are.
func (p *parser) tensor(f field) (*Tensor, error) {
	t := &Tensor{}
	external := false
	entries := map[string]string{}
	err := p.message(f, func(f field) (err error) {
		switch f.num {
		case 1: // dims
			if t.Dims, err = p.ints(t.Dims, f); err == nil && len(t.Dims) > maxDims {
				err = fmt.Errorf("%w: a tensor has more than %d dimensions", errFormat, maxDims)
			}
		case 2: // data_type
			t.Type = ElemType(f.value)
		case 4, 10: // float_data, double_data: packed little-endian, as raw is
			t.place(f, storedRaw)
		case 5, 7, 11: // int32_data, int64_data, uint64_data
			t.place(f, storedVarint)
		case 8: // name
			t.Name, err = p.text(f)
		case 9: // raw_data
			t.place(f, storedRaw)
		case 13: // external_data
			err = p.entry(entries, f)
		case 14: // data_location
			external = f.value == 1
		}
		return err
	})
	if err != nil || !external {
		return t, err
	}
	return t, t.locate(entries)
}

func (t *Tensor) place(f field, how storage) {
	if f.typ != protowire.BytesType || t.Length > 0 {
		how = storedLoose
	}
	t.stored, t.Offset, t.Length = how, f.start, f.size
}

func (p *parser) entry(dst map[string]string, f field) error {
	if len(dst) > maxDims {
		return fmt.Errorf("%w: a tensor has more than %d external data entries", errFormat, maxDims)
	}
	var key, value string
	err := p.message(f, func(f field) (err error) {
		switch f.num {
		case 1:
			key, err = p.text(f)
		case 2:
			value, err = p.text(f)
		}
		return err
	})
	dst[key] = value
	return err
}

// locate takes the external data's place from its entries.
func (t *Tensor) locate(entries map[string]string) error {
	t.External, t.stored, t.Offset, t.Length = entries["location"], storedRaw, 0, -1
	if !filepath.IsLocal(filepath.FromSlash(t.External)) {
		return fmt.Errorf("%w: tensor %q has its data in %q, which is not inside the graph's folder",
			errFormat, t.Name, t.External)
	}
	for key, dst := range map[string]*int64{"offset": &t.Offset, "length": &t.Length} {
		text, ok := entries[key]
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%w: tensor %q: external data's %s is %q", errFormat, t.Name, key, text)
		}
		*dst = n
	}
	return nil
}

// file is the path of the file that holds t's bytes.
func (t *Tensor) file() string {
	if t.External == "" {
		return t.model
	}
	return filepath.Join(t.dir, filepath.FromSlash(t.External))
}

// CheckExternal returns an error that names the first external data file, in
// unspecified order, that is missing or too short for the tensors said to be in it.
func (m *Model) CheckExternal() error {
	for _, t := range m.Initializers {
		if t.External == "" {
			continue
		}
		info, err := os.Stat(t.file())
		if err != nil {
			return fmt.Errorf("onnx: find weights of %s: %w", m.Path, err)
		}
		if isPointer(t.file(), info.Size()) {
			return fmt.Errorf("onnx: weights file %s is a Git LFS pointer, not the file itself: git lfs pull fetches it", t.file())
		}
		if end := t.Offset + max(t.Length, 0); end < 0 || end > info.Size() {
			return fmt.Errorf("onnx: weights file %s is truncated: tensor %q ends at byte %d, the file at %d",
				t.file(), t.Name, end, info.Size())
		}
	}
	return nil
}

// isPointer reports whether a file is what Git keeps in place of a large one.
func isPointer(path string, size int64) bool {
	const head = "version https://git-lfs"
	if size > 1024 || size < int64(len(head)) {
		return false
	}
	data, err := os.ReadFile(path)
	return err == nil && bytes.HasPrefix(data, []byte(head))
}

// values is an open tensor, read as float32.
type values struct {
	t     *Tensor
	count int64
	r     io.ReaderAt
	size  int64     // of what r reads
	file  io.Closer // nil if there is none to close
	ints  []int64   // decoded, for storedVarint
}

// open checks that t's bytes are there, all of them, and readable as numbers.
func (t *Tensor) open() (*values, error) {
	count, err := t.Count()
	if err != nil {
		return nil, err
	}
	bits, ok := elemBits[t.Type]
	if !ok {
		return nil, fmt.Errorf("onnx: read tensor %q: values of %s are not readable", t.Name, t.Type)
	}
	if t.stored == storedLoose {
		return nil, fmt.Errorf("onnx: read tensor %q: its values are stored one field each, which is not readable", t.Name)
	}
	v := &values{t: t, count: count}
	if err := v.source(); err != nil {
		return nil, fmt.Errorf("onnx: read tensor %q: %w", t.Name, err)
	}
	if err := v.check(bits); err != nil {
		v.close()
		return nil, fmt.Errorf("onnx: read tensor %q: %w", t.Name, err)
	}
	return v, nil
}

func (v *values) source() error {
	if v.t.in != nil && v.t.External == "" {
		v.r, v.size = v.t.in, v.t.in.Size()
		return nil
	}
	f, err := os.Open(v.t.file())
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	v.r, v.size, v.file = f, info.Size(), f
	return nil
}

func (v *values) check(bits int64) error {
	length := v.t.Length
	if length < 0 {
		length = v.size - v.t.Offset
	}
	if length < 0 || v.t.Offset > v.size-length {
		return fmt.Errorf("bytes %d+%d are beyond the file's end at %d", v.t.Offset, length, v.size)
	}
	if v.t.stored == storedVarint {
		return v.decode(length)
	}
	if v.count > length*8/bits { // length is a file's, so this cannot overflow
		return fmt.Errorf("shape %v of %s needs more than the %d bytes that are there", v.t.Dims, v.t.Type, length)
	}
	return nil
}

func (v *values) decode(length int64) error {
	if length > maxVarint || v.count > length {
		return fmt.Errorf("shape %v does not fit %d bytes of varints", v.t.Dims, length)
	}
	b := make([]byte, length)
	if _, err := v.r.ReadAt(b, v.t.Offset); err != nil {
		return err
	}
	v.ints = make([]int64, 0, v.count)
	for len(b) > 0 && int64(len(v.ints)) < v.count {
		x, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		v.ints, b = append(v.ints, int64(x)), b[n:]
	}
	if int64(len(v.ints)) < v.count {
		return fmt.Errorf("shape %v has %d values and %d are there", v.t.Dims, v.count, len(v.ints))
	}
	return nil
}

func (v *values) close() error {
	if v.file == nil {
		return nil
	}
	return v.file.Close()
}

// read widens the values [first, first+len(dst)), which must lie within count.
// scratch is reused between calls and returned.
func (v *values) read(first int64, dst []float32, scratch []byte) ([]byte, error) {
	if v.ints != nil {
		for i := range dst {
			dst[i] = v.widenInt(v.ints[first+int64(i)])
		}
		return scratch, nil
	}
	bits := elemBits[v.t.Type]
	start := first * bits / 8
	size := (int((first+int64(len(dst)))*bits) + 7) / 8 // end, rounded up for nibbles
	size -= int(start)
	if cap(scratch) < size {
		scratch = make([]byte, size)
	}
	b := scratch[:size]
	if n, err := v.r.ReadAt(b, v.t.Offset+start); err != nil && (err != io.EOF || n < size) {
		return scratch, fmt.Errorf("onnx: read tensor %q: %w", v.t.Name, err)
	}
	widen(dst, b, v.t.Type, int(first*bits%8/4))
	return scratch, nil
}

// widenInt converts a value kept as a varint, where float16 is kept by its bits.
func (v *values) widenInt(x int64) float32 {
	switch v.t.Type {
	case Float16:
		return float16.Frombits(uint16(x)).Float32()
	case BFloat16:
		return math.Float32frombits(uint32(x) << 16)
	}
	return float32(x)
}

// widen converts little-endian values of type t to float32. nibble is 1 where
// the first 4-bit value is the high half of its byte.
func widen(dst []float32, b []byte, t ElemType, nibble int) {
	le := binary.LittleEndian
	for i := range dst {
		switch t {
		case Float32:
			dst[i] = math.Float32frombits(le.Uint32(b[4*i:]))
		case Float16:
			dst[i] = float16.Frombits(le.Uint16(b[2*i:])).Float32()
		case BFloat16:
			dst[i] = math.Float32frombits(uint32(le.Uint16(b[2*i:])) << 16)
		case Float64:
			dst[i] = float32(math.Float64frombits(le.Uint64(b[8*i:])))
		case Int8:
			dst[i] = float32(int8(b[i]))
		case Uint8, Bool:
			dst[i] = float32(b[i])
		case Int16:
			dst[i] = float32(int16(le.Uint16(b[2*i:])))
		case Uint16:
			dst[i] = float32(le.Uint16(b[2*i:]))
		case Int32:
			dst[i] = float32(int32(le.Uint32(b[4*i:])))
		case Uint32:
			dst[i] = float32(le.Uint32(b[4*i:]))
		case Int64:
			dst[i] = float32(int64(le.Uint64(b[8*i:])))
		case Uint64:
			dst[i] = float32(le.Uint64(b[8*i:]))
		case Uint4, Int4:
			at := i + nibble
			half := b[at/2] >> (4 * (at % 2)) & 15
			if t == Int4 {
				dst[i] = float32(int8(half<<4) >> 4)
			} else {
				dst[i] = float32(half)
			}
		}
	}
}

// ExternalFiles returns the names of the external data files, relative to the
// graph's folder, in order.
func (m *Model) ExternalFiles() []string {
	var names []string
	for _, t := range m.Initializers {
		if t.External != "" && !slices.Contains(names, t.External) {
			names = append(names, t.External)
		}
	}
	slices.Sort(names)
	return names
}
