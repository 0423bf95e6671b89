// Package stream turns texts of files into vectors, tokens or predictions, in the order of
// the texts. Reading, work and writing run at the same time, and memory does not grow
// with the texts.
package stream

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/texts"
)

// Input says which texts are read.
type Input struct {
	Files []string // files, folders, patterns, or "-" for Stdin; none is Stdin, too
	Stdin io.Reader
	Read  texts.Options // begin with texts.DefaultOptions; BatchBytes is the stream's to choose
}

// Options say how a stream runs. The zero value uses all cores and tells nobody.
type Options struct {
	Threads int // texts that are worked on at a time; 0 for one a core
	// Waits says that somebody types the texts: each is answered before the next is read.
	Waits bool
	// Progress is told how many bytes of the input are done, and of how many; 0 where
	// that is not known. It may be nil.
	Progress func(done, total int64)
}

// load is how texts are grouped.
type load struct {
	workers, texts, bytes int
}

// light is the load of work that each text takes little of: groups are small, so that the
// work is spread evenly and little is in flight.
func (o Options) light() load {
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return load{threads, 512, 512 << 10}
}

// heavy is that of a teacher, which spreads its own work: groups are large, so that texts of
// like length run together.
func heavy() load { return load{1, 2048, 4 << 20} }

// run reads all texts, gives them to what newWork returns for each worker, and what that
// makes to write. It returns how many records were passed over, as of texts.Reader.Skipped.
func run(ctx context.Context, in Input, l load, o Options, newWork func() filter.Keeping, write func(out []byte, texts int) error) (int64, error) {
	if o.Threads < 0 { // workers of whom there is none would be waited for without end
		return 0, fault.Option("threads", o.Threads, "is negative")
	}
	if o.Waits {
		l.texts = 1
	}
	in.Read.BatchBytes = l.bytes
	r, err := texts.Open(in.Files, in.Stdin, in.Read)
	if err != nil {
		return 0, err
	}
	f := &filter.Filter{Reader: r, Workers: l.workers, Size: l.texts, NewKeeping: newWork, Write: write}
	if o.Progress != nil {
		_, total := r.Progress()
		f.After = func(done int64) { o.Progress(done, total) }
	}
	err = f.Run(ctx)
	return r.Skipped(), err
}

// lines runs and writes lines to w as they come or, where file is not "", to that file,
// which appears once it is complete.
func lines(ctx context.Context, in Input, l load, o Options, newWork func() filter.Keeping, file string, w io.Writer) (skipped int64, err error) {
	var runErr error
	to := func(w io.Writer) error {
		skipped, runErr = run(ctx, in, l, o, newWork, func(out []byte, _ int) error { _, err := w.Write(out); return err })
		return runErr
	}
	if file == "" {
		err = to(w)
		return skipped, err
	}
	err = files.Write(file, to, in.Files...)
	if err != nil && runErr == nil { // the run's own errors say where they come from
		err = fmt.Errorf("stream: write %s: %w", file, err)
	}
	return skipped, err
}
