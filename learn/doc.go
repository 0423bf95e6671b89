// Package learn has the pieces of training: gradients, optimisers, schedules and a loop,
// in pure Go, without a framework.
//
// A model that trains is a table of token rows, a mean over each text, and a head:
//
//	vectors := rows.Means(bags)            // B×D
//	unit := learn.Unit(vectors)            // B×D, of length 1
//	pass := head.Forward(unit.Out)         // B×O
//	loss, slope := learn.CrossEntropy(pass.Out(), classes, o)
//	slope, layers := head.Backward(pass, slope)
//	slope = unit.Backward(slope)
//	tokens := rows.Gradient(bags, slope)   // only rows that the batch holds
//	optimiser.Step(tokens.Rows, rate)      // SparseAdam: other rows do not move
//
// Every gradient is that of a mean over the batch and is checked against finite
// differences; every optimiser makes torch's steps. Values are float32, losses float64.
// Products go through blas32.Gemm, so a faster BLAS registered with blas32.Use serves here
// by itself. Results depend on the seed alone, whatever GOMAXPROCS is.
//
// In names and shapes, K is the number of rows, D their width, B the texts of a batch, O the
// outputs of a head.
package learn
