// Command m2v turns a Sentence Transformer in ONNX into a static embedding
// model and works with such models. See the README for a first session.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/m2v-dev/m2v/internal/console"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the whole program: it returns the exit code of exit.go.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	deferCollection(os.Getenv)
	a := newApp(&console.Stdin{File: os.Stdin, Ctx: ctx}, os.Stdout, os.Stderr, os.Getenv)
	root := newRootCommand(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	lost := a.Out.Lost()
	switch {
	case err == nil && lost == nil:
		return exitDone
	case err == nil:
		err = lost
	case lost != nil:
		a.report(lost) // beside what went wrong
	}
	if ctx.Err() != nil {
		err = errInterrupted
	}
	return a.report(err)
}
