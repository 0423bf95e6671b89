package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/m2v-dev/m2v/internal/texts"
)

// filter turns texts into bytes: one goroutine reads batches, several work on
// them, one writes what they make in the order of the texts. All overlap, and a
// fixed number of batches is in flight, so that memory does not grow with the
// input.
type filter struct {
	reader  *texts.Reader // closed when it has been read
	workers int
	size    int           // texts in a batch
	newWork func() worker // called once by each worker
	// write takes what work has made of so many texts.
	write func(out []byte, texts int) error
	// after, which may be nil, is called after each write with how much of the
	// input, as of texts.Reader.Progress, was read for what is written.
	after func(done int64)
}

// worker appends to out what stands for the texts.
type worker func(ctx context.Context, out []byte, texts []string) ([]byte, error)

// batch is some texts on their way through a filter.
type batch struct {
	texts []string // as many as a batch can have
	n     int
	read  int64 // of the input, up to the last of the texts
	out   []byte
	err   error
	ready chan struct{} // gets a value when out or err is there
}

// flying is how many batches are in flight: one at each worker, one being
// read, one being written, and as many again to even out their pace.
func (f *filter) flying() int { return 2 * (f.workers + 2) }

// run returns when all is written, when something fails or when ctx ends.
// A read or a write that waits for another process cannot be called off; run
// then returns without it.
func (f *filter) run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait() // the caller may close the model
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	free := make(chan *batch, f.flying())
	for range cap(free) {
		free <- &batch{texts: make([]string, f.size), ready: make(chan struct{}, 1)}
	}
	work := make(chan *batch, cap(free))
	order := make(chan *batch, cap(free))
	go f.read(ctx, free, work, order)
	for range f.workers {
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
	case <-written: //nolint:errcheck // waited for, so that nobody else uses the file that the caller drops; the cause says more
	case <-time.After(time.Second):
	}
	return context.Cause(ctx)
}

// read fills free batches and passes them on to the workers and, in order, to
// the writer. The last one carries an error, io.EOF if all is well.
func (f *filter) read(ctx context.Context, free <-chan *batch, work, order chan<- *batch) {
	defer f.reader.Close()
	defer close(work)
	for {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return
		}
		if b.n, b.err = f.reader.Next(b.texts); b.err != nil {
			b.ready <- struct{}{}
			order <- b
			return
		}
		b.read, _ = f.reader.Progress()
		order <- b // has room: it is as long as there are batches
		work <- b
	}
}

func (f *filter) work(ctx context.Context, work <-chan *batch) {
	do := f.newWork()
	for {
		select {
		case b, ok := <-work:
			if !ok {
				return
			}
			b.out, b.err = do(ctx, b.out[:0], b.texts[:b.n])
			b.ready <- struct{}{}
		case <-ctx.Done():
			return
		}
	}
}

func (f *filter) writeAll(ctx context.Context, order <-chan *batch, free chan<- *batch) error {
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
		if err := f.write(b.out, b.n); err != nil {
			return err
		}
		if f.after != nil {
			f.after(b.read)
		}
		clear(b.texts) // strings that nobody needs any more
		free <- b
	}
}
