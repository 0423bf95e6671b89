package console

import (
	"context"
	"os"
)

// Stdin is a file whose reads end with Ctx. A read that waits for a terminal or another
// process cannot be called off: it is left behind, and what it gets is lost.
type Stdin struct {
	*os.File
	Ctx  context.Context //nolint:containedctx // io.Reader has no place for it
	data []byte          // of the read under way
}

// got is what a read gave.
type got struct {
	n   int
	err error
}

// Read implements io.Reader.
func (s *Stdin) Read(p []byte) (int, error) {
	if err := s.Ctx.Err(); err != nil {
		return 0, err
	}
	if len(s.data) < len(p) {
		s.data = make([]byte, len(p))
	}
	data, done := s.data[:len(p)], make(chan got, 1)
	go func() {
		n, err := s.File.Read(data)
		done <- got{n, err}
	}()
	select {
	case g := <-done:
		return copy(p, data[:g.n]), g.err
	case <-s.Ctx.Done():
		return 0, s.Ctx.Err()
	}
}
