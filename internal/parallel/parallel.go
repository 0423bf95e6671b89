// Package parallel runs a loop on several cores. Work is cut into ranges that do not depend
// on the number of cores, so that what is computed a range at a time does not either.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Cores is the number of goroutines that may run at a time, GOMAXPROCS.
func Cores() int { return runtime.GOMAXPROCS(0) }

// Ranges calls do with the consecutive ranges [from, to) that cover 0…n−1, size indices each
// and fewer in the last, on all cores.
func Ranges(n, size int, do func(from, to int)) {
	Workers(Cores(), n, size, func() func(from, to int) { return do })
}

// Workers is Ranges on at most so many goroutines, each of which calls begin for what it does
// with its ranges: a place for buffers of its own. A goroutine takes ranges in ascending
// order. With one worker, or one range, all is done on the caller's goroutine.
func Workers(workers, n, size int, begin func() func(from, to int)) {
	ranges := (n + size - 1) / size
	var next atomic.Int64
	work := func() {
		do := begin()
		for r := int(next.Add(1)) - 1; r < ranges; r = int(next.Add(1)) - 1 {
			do(r*size, min((r+1)*size, n))
		}
	}
	workers = min(workers, ranges)
	if workers == 1 {
		work()
		return
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(work)
	}
	group.Wait()
}

// Each calls do(0) … do(n−1) on at most so many goroutines.
func Each(workers, n int, do func(i int)) {
	Workers(max(workers, 1), n, 1, func() func(from, to int) {
		return func(i, _ int) { do(i) }
	})
}

// Errors is Ranges on at most so many goroutines for work that may fail. All ranges are done;
// the error is that of the first range that has one, whatever the order in time.
func Errors(workers, n, size int, do func(from, to int) error) error {
	errs := make([]error, (n+size-1)/size)
	Workers(workers, n, size, func() func(from, to int) {
		return func(from, to int) { errs[from/size] = do(from, to) }
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
