// Package filter is the pipeline of commands that turn many texts into bytes.
package filter

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/m2v-dev/m2v/texts"
)

// Filter turns texts into bytes: one goroutine reads batches, several work on
// them, one writes what they make in the order of the texts. All overlap, and a
// fixed number of batches is in flight, so that memory does not grow with the
// input.
type Filter struct {
	Reader  *texts.Reader // closed when it has been read
	Workers int
	Size    int         // texts in a batch
	NewWork func() Work // called once by each worker
	// NewKeeping is called in place of NewWork where it is not nil.
	NewKeeping func() Keeping
	// Write takes what a worker has made of so many texts.
	Write func(out []byte, texts int) error
	// After, which may be nil, is called after each write with how much of the
	// input, as of texts.Reader.Progress, was read for what is written.
	After func(done int64)

	mu        sync.Mutex
	abandoned bool // Run returned: nothing more is begun
}

// Work appends to out what stands for the texts.
type Work func(ctx context.Context, out []byte, texts []string) ([]byte, error)

// Keeping is Work with what texts.Options.Keep names: of each text as many values.
type Keeping func(ctx context.Context, out []byte, texts []string, kept []json.RawMessage) ([]byte, error)

// newWork returns what a worker does.
func (f *Filter) newWork() Keeping {
	if f.NewKeeping != nil {
		return f.NewKeeping()
	}
	do := f.NewWork()
	return func(ctx context.Context, out []byte, texts []string, _ []json.RawMessage) ([]byte, error) {
		return do(ctx, out, texts)
	}
}

// batch is some texts on their way through a filter.
type batch struct {
	texts []string // as many as a batch can have
	n     int
	kept  []json.RawMessage
	read  int64 // of the input, up to the last of the texts
	out   []byte
	err   error
	ready chan struct{} // gets a value when out or err is there
}

// flying is how many batches are in flight: one at each worker, one being
// read, one being written, and as many again to even out their pace.
func (f *Filter) flying() int { return 2 * (f.Workers + 2) }

// patience is how long Run waits for a write that ctx's end found under way.
const patience = time.Second

// Run returns when all is written, when something fails or when ctx ends.
//
// A read or a write that waits for another process cannot be called off. Run then returns
// without it: that one call of Write may still be under way, but no other is begun,
// nor is After called.
func (f *Filter) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait() // the caller may close the model
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	free := make(chan *batch, f.flying())
	for range cap(free) {
		free <- &batch{texts: make([]string, f.Size), ready: make(chan struct{}, 1)}
	}
	work := make(chan *batch, cap(free))
	order := make(chan *batch, cap(free))
	go f.read(ctx, free, work, order)
	for range f.Workers {
		workers.Go(func() { f.work(ctx, work) })
	}
	written := make(chan error, 1)
	go func() { written <- f.writeAll(ctx, order, free) }()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
	}
	select {
	case <-written: //nolint:errcheck // waited for; the cause says more
	case <-time.After(patience):
	}
	f.mu.Lock()
	f.abandoned = true
	f.mu.Unlock()
	return context.Cause(ctx)
}

// read fills free batches and passes them on to the workers and, in order, to
// the writer. The last one carries an error, io.EOF if all is well.
func (f *Filter) read(ctx context.Context, free <-chan *batch, work, order chan<- *batch) {
	defer f.Reader.Close()
	defer close(work)
	for {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return
		}
		if b.n, b.err = f.Reader.Next(b.texts); b.err != nil {
			b.ready <- struct{}{}
			order <- b
			return
		}
		b.kept = b.kept[:0]
		for i := range b.n {
			b.kept = append(b.kept, f.Reader.Kept(i)...)
		}
		b.read, _ = f.Reader.Progress()
		order <- b // has room: it is as long as there are batches
		work <- b
	}
}

func (f *Filter) work(ctx context.Context, work <-chan *batch) {
	do := f.newWork()
	for {
		select {
		case b, ok := <-work:
			if !ok {
				return
			}
			b.out, b.err = do(ctx, b.out[:0], b.texts[:b.n], b.kept)
			b.ready <- struct{}{}
		case <-ctx.Done():
			return
		}
	}
}

func (f *Filter) writeAll(ctx context.Context, order <-chan *batch, free chan<- *batch) error {
	for {
		var b *batch
		select {
		case b = <-order:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case <-b.ready:
		case <-ctx.Done(): // the worker may have left
			return context.Cause(ctx)
		}
		if errors.Is(b.err, io.EOF) {
			return nil
		}
		if b.err != nil {
			return b.err
		}
		if !f.begin() {
			return context.Cause(ctx)
		}
		if err := f.Write(b.out, b.n); err != nil {
			return err
		}
		f.tell(b.read)
		clear(b.texts) // strings that nobody needs any more
		free <- b
	}
}

// begin tells whether a write may begin.
func (f *Filter) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.abandoned
}

// tell calls After, unless Run has returned.
func (f *Filter) tell(read int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.After != nil && !f.abandoned {
		f.After(read)
	}
}
