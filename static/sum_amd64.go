//go:build !purego

package static

import "golang.org/x/sys/cpu"

// blockColumns is how many columns the kernels take at a time.
const blockColumns = 64

// hasKernels tells whether the processor runs the kernels.
var hasKernels = cpu.X86.HasAVX

// addBlocks adds n rows of the table to the sum: n > 0, columns a multiple of
// blockColumns and not 0, stride in values.
//
//go:noescape
func addBlocks(sum, table *float32, columns, stride int, rows *int32, n int)

// addBlocksWeighted is addBlocks with each row times its weight.
//
//go:noescape
func addBlocksWeighted(sum, table *float32, columns, stride int, rows *int32, weights *float32, n int)
