//go:build !purego

package pca

import "golang.org/x/sys/cpu"

var hasRotateKernel = cpu.X86.HasAVX

// rotateKernel applies n rotations, 1 at least, to the n+1 columns from cols on.
//
//go:noescape
func rotateKernel(cols *[lanes]float64, chain *rotation, n int)
