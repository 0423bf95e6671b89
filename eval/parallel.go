package eval

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do with consecutive ranges [from, to) that cover n items, at most
// size items each, on all cores. Ranges do not depend on the number of cores.
func parallel(n, size int, do func(from, to int)) {
	ranges := (n + size - 1) / size
	workers := min(runtime.GOMAXPROCS(0), ranges)
	if workers <= 1 {
		for from := 0; from < n; from += size {
			do(from, min(from+size, n))
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				r := int(next.Add(1)) - 1
				if r >= ranges {
					return
				}
				do(r*size, min((r+1)*size, n))
			}
		})
	}
	wg.Wait()
}

// each calls do with 0…n-1 on all cores and returns the error of the lowest index.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	parallel(n, 1, func(i, _ int) { errs[i] = do(i) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
