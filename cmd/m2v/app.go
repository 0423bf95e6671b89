package main

import (
	"io"

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
