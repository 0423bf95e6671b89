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
