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

// wideColumns is how many columns the wide kernel takes at a time, and wideRows of how many rows it is
// the faster one: it saves a quarter of the time of 455, and takes a tenth more for 7.
const (
	wideColumns = 256
	wideRows    = 48
)

// hasWide tells whether the processor runs the wide kernel, and does not slow down for it as the
// first ones with AVX-512 did: it is one of those that came later.
var hasWide = cpu.X86.HasAVX512F && cpu.X86.HasAVX512VBMI2

// addFloat32s adds by the wide kernel as many columns as it takes, and the others by the other.
func addFloat32s(sum []float32, table []byte, stride int, rows []int32, weights *float32) {
	if wide := len(sum) / wideColumns * wideColumns; wide > 0 && len(rows) >= wideRows && hasWide {
		addFloat32Wide(&sum[0], &table[0], wide, stride, &rows[0], weights, len(rows))
		if wide == len(sum) {
			return
		}
		sum, table = sum[wide:], table[4*wide:]
	}
	addFloat32(&sum[0], &table[0], len(sum), stride, &rows[0], weights, len(rows))
}

// addFloat32Wide is addFloat32 of a multiple of wideColumns.
//
//go:noescape
func addFloat32Wide(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
