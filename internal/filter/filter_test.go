package filter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/texts"
)

// numbered returns a filter over the lines 0, 1, … of in, with three workers
// that return them as they are after do.
func numbered(t *testing.T, in io.Reader, do func(ctx context.Context, list []string) error) *Filter {
	t.Helper()
	reader, err := texts.Open(nil, in, texts.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return &Filter{
		Reader: reader, Workers: 3, Size: 4,
		NewWork: func() Work {
			return func(ctx context.Context, out []byte, list []string) ([]byte, error) {
				if err := do(ctx, list); err != nil {
					return out, err
				}
				for _, text := range list {
					out = append(append(out, text...), '\n')
				}
				return out, nil
			}
		},
		Write: func([]byte, int) error { return nil },
	}
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

func TestFilterKeepsTheOrder(t *testing.T) {
	want := numbers(1001)
	f := numbered(t, strings.NewReader(want), func(_ context.Context, list []string) error {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond) // the order must not hang on it
		return nil
	})
	var got strings.Builder
	var counts []int
	afters := 0
	f.Write = func(out []byte, n int) error { counts = append(counts, n); got.Write(out); return nil }
	var read int64
	f.After = func(done int64) {
		afters++
		if done < read || done > int64(len(want)) {
			t.Errorf("%d bytes read after %d, of %d", done, read, len(want))
		}
		read = done
	}
	if err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("got %.60q…, want the numbers in order", got.String())
	}
	if read != int64(len(want)) {
		t.Errorf("%d bytes read in the end, want %d", read, len(want))
	}
	if sum := sumOf(counts); sum != 1001 || afters != len(counts) {
		t.Errorf("%d texts in %d writes, %d times told; want 1001 texts", sum, len(counts), afters)
	}
}

func sumOf(list []int) int {
	sum := 0
	for _, n := range list {
		sum += n
	}
	return sum
}

// Reading must not run ahead of writing by more than the batches in flight.
func TestFilterIsBounded(t *testing.T) {
	var made, written atomic.Int64
	f := numbered(t, strings.NewReader(numbers(2000)), func(_ context.Context, list []string) error {
		made.Add(int64(len(list)))
		return nil
	})
	most := int64(f.flying() * f.Size)
	f.Write = func(_ []byte, n int) error {
		if ahead := made.Load() - written.Load(); ahead > most {
			t.Errorf("%d texts in flight, want at most %d", ahead, most)
		}
		time.Sleep(100 * time.Microsecond)
		written.Add(int64(n))
		return nil
	}
	if err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if written.Load() != 2000 {
		t.Errorf("%d texts written, want 2000", written.Load())
	}
}

func TestFilterStops(t *testing.T) {
	broken := errors.New("broken")
	check := func(what string, f *Filter, want error) {
		t.Helper()
		before := runtime.NumGoroutine()
		if err := f.Run(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
		for range 200 { // the reader may be a moment behind
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("%s: %d goroutines are left", what, runtime.NumGoroutine()-before)
	}
	var done []string
	f := numbered(t, strings.NewReader(numbers(1000)), func(_ context.Context, list []string) error {
		if slices.Contains(list, "400") {
			return broken
		}
		return nil
	})
	f.Write = func(out []byte, _ int) error { done = append(done, strings.Fields(string(out))...); return nil }
	check("work", f, broken)
	if len(done) != 400 {
		t.Errorf("%d texts written before the error, want 400", len(done))
	}

	f = numbered(t, strings.NewReader(numbers(1000)), func(context.Context, []string) error { return nil })
	f.Write = func([]byte, int) error { return broken }
	check("write", f, broken)

	f = numbered(t, strings.NewReader("ok\n\xff\n"), func(context.Context, []string) error { return nil })
	var bad *texts.BadRecord
	if err := f.Run(t.Context()); !errors.As(err, &bad) || bad.Line != 2 {
		t.Errorf("read: got %v, want the bad line 2", err)
	}
}

// A run that waits for input, or for whoever reads its output, ends with ctx.
func TestFilterEndsWithItsContext(t *testing.T) {
	check := func(what string, f *Filter) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := f.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want the context's error", what, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: it took %v", what, d)
		}
	}
	silent, end := io.Pipe()
	defer end.Close()
	check("read", numbered(t, silent, func(context.Context, []string) error { return nil }))

	forever := make(chan struct{})
	defer close(forever)
	f := numbered(t, strings.NewReader(numbers(1000)), func(context.Context, []string) error { return nil })
	f.Write = func([]byte, int) error { <-forever; return nil }
	check("write", f)

	check("work", numbered(t, strings.NewReader(numbers(1000)), func(ctx context.Context, _ []string) error {
		<-ctx.Done()
		return ctx.Err()
	}))
}

// Run came back while its writer still wrote, so that the caller closed the file under it.
func TestNothingIsBegunAfterRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	blocked, release := make(chan struct{}), make(chan struct{})
	var writes, afters atomic.Int64
	f := numbered(t, strings.NewReader(numbers(100)), func(context.Context, []string) error { return nil })
	f.Write = func([]byte, int) error {
		if writes.Add(1) == 1 {
			close(blocked)
			<-release // as a pipe that nobody reads
		}
		return nil
	}
	f.After = func(int64) { afters.Add(1) }
	go func() {
		<-blocked
		cancel()
	}()
	if err := f.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	close(release)
	time.Sleep(20 * time.Millisecond) // time for what must not be
	if writes.Load() != 1 || afters.Load() != 0 {
		t.Errorf("%d writes and %d calls of After, want the one write that could not be called off", writes.Load(), afters.Load())
	}
}
