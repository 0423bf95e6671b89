package onnx

import "fmt"

// Table is an open Embedding. It is not safe for concurrent use.
type Table struct {
	e       *Embedding
	data    *values
	scale   []float32
	zero    []float32
	block   int // the embedding's, at most its longer side
	scratch []byte
}

// Open opens the table for reading. It returns an error if bytes are missing,
// or scales and zero points do not fit the table's shape.
func (e *Embedding) Open() (*Table, error) {
	if e.scale == nil && !isFloat(e.Type) {
		return nil, fmt.Errorf("onnx: read table %s: the graph widens %s in a way that is not known here", e.Name, e.Type)
	}
	data, err := e.table.open()
	if err != nil {
		return nil, err
	}
	t := &Table{e: e, data: data}
	if err := t.quantization(); err != nil {
		data.close()
		return nil, err
	}
	return t, nil
}

// Close releases the file.
func (t *Table) Close() error { return t.data.close() }

// Row widens row i, in [0, Rows), into dst, which has length Cols.
func (t *Table) Row(i int, dst []float32) (err error) {
	e := t.e
	if i < 0 || i >= e.Rows {
		return fmt.Errorf("onnx: read table %s: row %d of %d", e.Name, i, e.Rows)
	}
	if len(dst) != e.Cols {
		return fmt.Errorf("onnx: read table %s: %d columns into %d", e.Name, e.Cols, len(dst))
	}
	if e.packed {
		err = t.nibbles(i, dst)
	} else {
		t.scratch, err = t.data.read(int64(i)*int64(e.Cols), dst, t.scratch)
	}
	if err != nil || e.scale == nil {
		return err
	}
	for j := range dst {
		at := t.index(i, j)
		zero := e.implicitZero
		if t.zero != nil {
			zero = t.zero[at]
		}
		dst[j] = (dst[j] - zero) * t.scale[at]
	}
	return nil
}

// nibbles reads a row of 4-bit values that a uint8 tensor holds two by two, the
// low half first.
func (t *Table) nibbles(i int, dst []float32) (err error) {
	half := dst[:t.e.Cols/2]
	if t.scratch, err = t.data.read(int64(i)*int64(len(half)), half, t.scratch); err != nil {
		return err
	}
	for j := len(half) - 1; j >= 0; j-- { // from the end: the halves overlap dst
		b := uint8(half[j])
		dst[2*j], dst[2*j+1] = float32(b&15), float32(b>>4)
	}
	return nil
}

// index is the place of value (row, col)'s scale.
func (t *Table) index(row, col int) int {
	e, block := t.e, t.block
	switch {
	case len(t.scale) == 1:
		return 0
	case block == 0 && e.axis == 0:
		return row
	case block == 0:
		return col
	case e.axis == 0:
		return row/block*e.Cols + col
	}
	return row*((e.Cols+block-1)/block) + col/block
}

// quantization reads scales and zero points and checks their number.
func (t *Table) quantization() error {
	e := t.e
	if e.scale == nil {
		return nil
	}
	t.block = int(min(uint64(e.block), uint64(max(e.Rows, e.Cols))))
	var err error
	if t.scale, err = all(e.scale); err != nil {
		return err
	}
	if len(t.scale) == 0 || t.index(e.Rows-1, e.Cols-1) != len(t.scale)-1 {
		return fmt.Errorf("onnx: read table %s: %d scales do not fit %d×%d", e.Name, len(t.scale), e.Rows, e.Cols)
	}
	if e.zero == nil {
		return nil
	}
	if t.zero, err = all(e.zero); err != nil {
		return err
	}
	if e.packed && len(t.scale) != 1 {
		t.zero = unpackRows(t.zero, len(t.scale)/e.Rows)
	}
	if len(t.zero) != len(t.scale) {
		return fmt.Errorf("onnx: read table %s: %d zero points and %d scales", e.Name, len(t.zero), len(t.scale))
	}
	return nil
}

// unpackRows splits bytes into 4-bit values, low half first; each row of width
// values starts in a byte of its own.
func unpackRows(packed []float32, width int) []float32 {
	bytesPerRow := (width + 1) / 2
	if bytesPerRow == 0 {
		return nil
	}
	var out []float32
	for r := 0; r+bytesPerRow <= len(packed); r += bytesPerRow {
		for j := range width {
			b := uint8(packed[r+j/2])
			out = append(out, float32(b>>(4*(j%2))&15))
		}
	}
	return out
}

// all reads a whole tensor; open has compared its count with the bytes there.
func all(t *Tensor) ([]float32, error) {
	v, err := t.open()
	if err != nil {
		return nil, err
	}
	defer v.close()
	dst := make([]float32, v.count)
	_, err = v.read(0, dst, nil)
	return dst, err
}
