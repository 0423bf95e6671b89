//go:build !purego

package fit

import "golang.org/x/sys/cpu"

// hasKernels tells whether the processor runs the kernels.
var hasKernels = cpu.X86.HasAVX

// The kernels do what the loops of kernel.go do. Counts are above 0; columns of
// entries are rows of the panels.

//go:noescape
func gatherKernel(y *row, panel *float32, entries *entry, n int)

//go:noescape
func scatterKernel(panel *float32, entries *entry, n int, y *row)

//go:noescape
func normalKernel(w, q *float32, entries *entry, ends *int64, scale *float32, texts int)

//go:noescape
func curvatureKernel(w, q *float32, rows int, ridge float32, sums *[lanes]float64)

//go:noescape
func advanceKernel(e, r, q, w, inverse *float32, rows int, step *row, rz, rr *[lanes]float64)

//go:noescape
func turnKernel(q, r, inverse *float32, rows int, turn *row)
