//go:build !purego

package static

import (
	"golang.org/x/sys/cpu"

	"github.com/m2v-dev/m2v/matrix"
)

// blockColumns is how many columns the kernels take at a time.
const blockColumns = 64

// runs tells whether the processor runs the kernel of a type.
func runs(t matrix.Type) bool {
	switch t {
	case matrix.Float16:
		return cpu.X86.HasAVX && hasF16C()
	case matrix.Int8:
		return cpu.X86.HasAVX2 && cpu.X86.HasFMA
	}
	return cpu.X86.HasAVX
}

// hasF16C tells whether the processor converts float16.
//
//go:noescape
func hasF16C() bool

// wideColumns is how many columns the wide kernels take at a time.
const wideColumns = 256

// hasWide tells whether the processor runs the wide kernels, and does not slow down for them as the
// first ones with AVX-512 did: it is one of those that came later.
var hasWide = cpu.X86.HasAVX512F && cpu.X86.HasAVX512VBMI2

// wideRows is of how many rows the wide kernel of float32 is the faster one: it saves a quarter of the
// time of 455, and takes a tenth more for 7.
const wideRows = 48

// addWide adds as many of the first columns as wide kernels take, and returns how many. float16 has
// none: it would take the same time.
func (k kernel) addWide(sum []float32, t *matrix.Table, stride int, rows []int32, weights *float32) int {
	columns := len(sum) / wideColumns * wideColumns
	if columns == 0 || !hasWide {
		return 0
	}
	switch {
	case t.Type == matrix.Float32 && len(rows) >= wideRows:
		addFloat32Wide(&sum[0], &t.Bytes[0], columns, stride, &rows[0], weights, len(rows))
	case t.Type == matrix.Int8:
		addInt8Wide(&sum[0], &t.Bytes[0], columns, stride, &rows[0], weights, len(rows), k.high, k.low)
	default:
		return 0
	}
	return columns
}

// The wide kernels are the others for columns that are a multiple of wideColumns.

//go:noescape
func addFloat32Wide(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)

//go:noescape
func addInt8Wide(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int, high, low float32)
