package main

import (
	"runtime"
	"runtime/debug"
)

// startHeap is how large the heap grows before the garbage collector first runs: what a small
// model takes to be opened, so that a short run is not collected at all. In percent, of Go's
// smallest heap of 4 MB.
const startHeap = 400

// deferCollection puts the first collection off to 16 MB, after which the collector is as
// Go has it. Whoever sets GOGC has decided already. Encoding one sentence with a model of 15 MB takes two
// thirds of the processor time; see docs/decisions/234-start-up.md.
func deferCollection(getenv func(string) string) {
	if getenv("GOGC") != "" {
		return
	}
	before := debug.SetGCPercent(startHeap)
	first := new([16]byte) // not tiny: a tiny object may be kept by its neighbours
	runtime.AddCleanup(first, func(percent int) { debug.SetGCPercent(percent) }, before)
}
