package parallel

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// ranges returns what Workers hands out, sorted by where it begins, and how often it began.
func ranges(workers, n, size int) (list []string, begun int) {
	var mu sync.Mutex
	seen := map[int]int{}
	Workers(workers, n, size, func() func(from, to int) {
		mu.Lock()
		begun++
		mu.Unlock()
		return func(from, to int) {
			mu.Lock()
			seen[from] = to
			mu.Unlock()
		}
	})
	for from := 0; from < n; from += size {
		list = append(list, fmt.Sprint(from, "-", seen[from]))
	}
	if len(seen) != len(list) {
		list = append(list, fmt.Sprint("and others: ", seen))
	}
	return list, begun
}

// Ranges do not depend on the number of workers.
func TestWorkersCoverAll(t *testing.T) {
	for workers, mostBegun := range map[int]int{1: 1, 2: 2, 7: 4} {
		list, begun := ranges(workers, 10, 3)
		if got := strings.Join(list, " "); got != "0-3 3-6 6-9 9-10" || begun > mostBegun {
			t.Errorf("%d workers: ranges %s, begun %d times", workers, got, begun)
		}
	}
	if list, begun := ranges(3, 0, 3); list != nil || begun != 0 {
		t.Errorf("of nothing: %q, begun %d times", list, begun)
	}
}

func TestRangesUseAllCores(t *testing.T) {
	before := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(before)
	var all sync.WaitGroup
	all.Add(3)
	Ranges(3, 1, func(int, int) { // ends only if three run at a time
		all.Done()
		all.Wait()
	})
}

func TestErrorsReturnsTheFirstByOrder(t *testing.T) {
	done := make([]bool, 10)
	err := Errors(4, 10, 2, func(from, to int) error {
		for i := from; i < to; i++ {
			done[i] = true
		}
		if from >= 4 {
			return fmt.Errorf("range %d", from)
		}
		return nil
	})
	if err == nil || err.Error() != "range 4" {
		t.Errorf("error %v, want that of range 4", err)
	}
	for i, ok := range done {
		if !ok {
			t.Errorf("%d was not done", i)
		}
	}
	if err := Errors(4, 0, 2, nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}
