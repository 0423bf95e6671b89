package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/internal/console"
	"github.com/m2v-dev/m2v/internal/plain"

	"github.com/m2v-dev/m2v/internal/fault"
)

// The exit codes of every command; each command's help lists those it uses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitGate        = 3 // a quality gate failed: the run itself went well
	exitInterrupted = 130
)

const exitCodesHelp = `Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`

// exitCodesWith is exitCodesHelp with one more code, such as "3 a gate failed".
func exitCodesWith(more string) string {
	return "Exit codes: 0 done, 1 failed, 2 wrong usage, " + more + ", 130 interrupted."
}

var errInterrupted = errors.New("interrupted")

// usageError marks an error of the command line itself: exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// gateError marks a quality gate that did not hold: exit code 3.
type gateError struct{ err error }

func (e gateError) Error() string { return e.err.Error() }
func (e gateError) Unwrap() error { return e.err }

// withHint adds a next step to err; a nil err stays nil.
func withHint(err error, format string, args ...any) error { return fault.Hint(err, format, args...) }

// exitCode is the one place that turns an error into an exit code.
func exitCode(err error) int {
	var usage usageError
	var gate gateError
	var option *fault.OptionError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &usage), errors.As(err, &option):
		return exitUsage
	case errors.As(err, &gate):
		return exitGate
	}
	return exitFailed
}

// report prints err as one line and, where the error knows a next step, a
// second line with it, and returns the exit code.
func (a *app) report(err error) int {
	line := console.Line{Level: "error", Message: message(err)}
	text := "m2v: " + plain.OneLine(line.Message)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		line.Hint = hinted.Hint()
		text += "\nhint: " + line.Hint
	}
	a.Tell(line, text)
	return exitCode(err)
}

// message is err's, with the name of an option as the command line has it.
func message(err error) string {
	var option *fault.OptionError
	if errors.As(err, &option) && option.Option != "" {
		return strings.Replace(err.Error(), option.Error(), "--"+option.Error(), 1)
	}
	return err.Error()
}
