//go:build !amd64 || purego

package pca

const hasRotateKernel = false

func rotateKernel(*[lanes]float64, *rotation, int) { panic("pca: no kernel on this processor") }
