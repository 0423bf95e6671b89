package vectors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/internal/files"
)

// Reader is an open .npy file of n×D floating-point numbers in C order. Rows are read
// from the file as they are asked for. It is safe for concurrent use.
type Reader struct {
	Rows, Cols int
	file       *os.File
	start      int64 // of the values
	size       int   // bytes of a value: 2, 4 or 8
}

// maxHeader bounds a header's length: NumPy writes one of 118 bytes.
const maxHeader = 1 << 16

// OpenNPY opens the file at path. Types are float16, float32 and float64, little
// endian. The file's size must be what its header says; nothing is allocated by that.
func OpenNPY(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("vectors: open %s: %w", path, files.Bare(err))
	}
	n := &Reader{file: file}
	if err := n.readHeader(); err != nil {
		file.Close()
		return nil, fmt.Errorf("vectors: open %s: %w", path, err)
	}
	return n, nil
}

// The three are compiled when a file is opened: most runs open none.
var (
	npyType  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'descr':\s*'([^']*)'`) })
	npyOrder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'fortran_order':\s*(True|False)`) })
	npyShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'shape':\s*\(([^)]*)\)`) })
	npyTypes = map[string]int{"<f2": 2, "<f4": 4, "<f8": 8}
)

// readHeader reads the magic, the version, the header's length and the header, which
// is a Python dictionary.
//
// Source: numpy/lib/format.py.
func (n *Reader) readHeader() error {
	head := make([]byte, 12)
	if _, err := n.file.ReadAt(head, 0); err != nil || string(head[:6]) != "\x93NUMPY" {
		return errors.New("not a .npy file")
	}
	length, from := int64(binary.LittleEndian.Uint16(head[8:])), int64(10)
	if head[6] > 1 { // version
		length, from = int64(binary.LittleEndian.Uint32(head[8:])), 12
	}
	if length > maxHeader {
		return fmt.Errorf("its header claims %d bytes", length)
	}
	text := make([]byte, length)
	if _, err := n.file.ReadAt(text, from); err != nil {
		return errors.New("it ends inside its header")
	}
	n.start = from + length
	kind, order, shape := npyType().FindSubmatch(text), npyOrder().FindSubmatch(text), npyShape().FindSubmatch(text)
	if kind == nil || order == nil || shape == nil {
		return errors.New("its header has no descr, fortran_order or shape that can be read")
	}
	if n.size = npyTypes[string(kind[1])]; n.size == 0 {
		return fmt.Errorf("its values are %s, not float16, float32 or float64 of this machine's kind (<f2, <f4, <f8)", kind[1])
	}
	if string(order[1]) == "True" {
		return errors.New("it is in Fortran order: save numpy.ascontiguousarray of it")
	}
	if err := n.setShape(string(shape[1])); err != nil {
		return err
	}
	info, err := n.file.Stat()
	if err != nil {
		return files.Bare(err)
	}
	if want := n.start + int64(n.Rows)*int64(n.Cols)*int64(n.size); info.Size() != want {
		return fmt.Errorf("it has %d bytes, and %d×%d values make %d", info.Size(), n.Rows, n.Cols, want)
	}
	return nil
}

// setShape reads "n, D".
func (n *Reader) setShape(shape string) error {
	rows, cols, _ := strings.Cut(shape, ",")
	var err1, err2 error
	n.Rows, err1 = strconv.Atoi(strings.TrimSpace(rows))
	n.Cols, err2 = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(cols), ","))
	if err1 != nil || err2 != nil || n.Rows < 0 || n.Cols < 1 || n.Cols > 1<<20 || n.Rows > math.MaxInt32 {
		return fmt.Errorf("its shape is (%s), not rows and dimensions", shape)
	}
	return nil
}

// Row reads row i into dst, which has Cols values.
func (n *Reader) Row(i int, dst []float32) error {
	raw := make([]byte, n.Cols*n.size)
	if _, err := n.file.ReadAt(raw, n.start+int64(i)*int64(len(raw))); err != nil {
		return fmt.Errorf("vectors: read row %d: %w", i, files.Bare(err))
	}
	for j := range dst {
		switch at := raw[j*n.size:]; n.size {
		case 2:
			dst[j] = float16.Frombits(binary.LittleEndian.Uint16(at)).Float32()
		case 4:
			dst[j] = math.Float32frombits(binary.LittleEndian.Uint32(at))
		case 8:
			dst[j] = float32(math.Float64frombits(binary.LittleEndian.Uint64(at)))
		}
	}
	return nil
}

// Close closes the file.
func (n *Reader) Close() error { return n.file.Close() }
