package main

import (
	"io"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/internal/console"
)

// app is what a command may touch of the process: its streams and environment.
type app struct {
	*console.Console
	getenv func(string) string
	// refresh asks the Hub what a branch is now.
	refresh bool
	// library names what multiplies matrices, with its version; "" until ONNX Runtime runs.
	library string
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *app {
	return &app{Console: console.New(stdin, stdout, stderr), getenv: getenv}
}

// addLogFlags adds the flags that say what goes to stderr.
func addLogFlags(f *pflag.FlagSet, o *console.Options) {
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "print warnings and errors only on stderr")
	f.BoolVar(&o.Verbose, "verbose", false, "print each stage on stderr, however short, and how long it took")
	f.StringVar(&o.Format, "log-format", "text", "form of stderr: text, or json: one object a line with level, message and, for progress, numbers")
}
