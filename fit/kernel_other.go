//go:build !amd64 || purego

package fit

// hasKernels is false: the loops of kernel.go do all the work.
var hasKernels = false

func gatherKernel(_ *row, _ *float32, _ *entry, _ int)                          {}
func scatterKernel(_ *float32, _ *entry, _ int, _ *row)                         {}
func normalKernel(_, _ *float32, _ *entry, _ *int64, _ *float32, _ int)         {}
func curvatureKernel(_, _ *float32, _ int, _ float32, _ *[lanes]float64)        {}
func advanceKernel(_, _, _, _, _ *float32, _ int, _ *row, _, _ *[lanes]float64) {}
func turnKernel(_, _, _ *float32, _ int, _ *row)                                {}
