// Package console is a program's talk with the person, or the pipeline, that runs it:
// stdout carries the result and nothing else; messages and progress go to stderr, as text
// or as an object a line.
package console

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"text/tabwriter"

	"golang.org/x/term"
)

// Console is the streams of a process.
type Console struct {
	In  io.Reader
	Out *Results
	Err io.Writer
	Log Options

	tty   bool // Err is a terminal: progress is drawn over itself
	drawn int  // characters of the line that stands there and may be drawn over
	told  map[string]bool
}

// New returns a console on three streams.
func New(in io.Reader, out, err io.Writer) *Console {
	return &Console{In: in, Out: &Results{Writer: out}, Err: err, tty: IsTerminal(err)}
}

// Results is stdout, which remembers that a write failed: no result is lost in silence,
// whoever wrote it.
type Results struct {
	io.Writer
	mu  sync.Mutex
	err error
}

// Write implements io.Writer.
func (o *Results) Write(data []byte) (int, error) {
	n, err := o.Writer.Write(data)
	if err != nil {
		o.mu.Lock()
		o.err = err
		o.mu.Unlock()
	}
	return n, err
}

// Lost is the error of a write that failed, nil if none did.
func (o *Results) Lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// PrintJSON prints v as a result.
func (c *Console) PrintJSON(v any) error {
	e := json.NewEncoder(c.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Print prints a result: v as JSON, or what text writes for people, whose columns with
// tabs between them are aligned.
func (c *Console) Print(asJSON bool, v any, text func(w io.Writer)) error {
	if asJSON {
		return c.PrintJSON(v)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	text(t)
	return t.Flush()
}

// PrintPath prints what a command made: v as JSON, or its path.
func (c *Console) PrintPath(asJSON bool, v any, path string) error {
	if asJSON {
		return c.PrintJSON(v)
	}
	_, err := fmt.Fprintln(c.Out, path)
	return err
}

// IsTerminal tells whether a stream is a terminal.
func IsTerminal(stream any) bool {
	switch s := stream.(type) {
	case *Results:
		stream = s.Writer
	case *Stdin:
		stream = s.File
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
