// Package fault holds the two kinds of errors that a command line treats apart: an error
// with a next step, and an option that does not fit. It also checks the ranges of options.
package fault

import (
	"fmt"
	"strings"
)

// hinted is an error with a next step for the person who sees it.
type hinted struct {
	err  error
	hint string
}

func (e hinted) Error() string { return e.err.Error() }
func (e hinted) Unwrap() error { return e.err }
func (e hinted) Hint() string  { return e.hint }

// Hint adds a next step to err; a nil err stays nil. The result has a method
// Hint() string.
func Hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return hinted{err, fmt.Sprintf(format, args...)}
}

// OptionError says that an option does not fit the others, or the model.
type OptionError struct {
	// Option is the option by the name that the command line has for it, such as
	// "pca-drop"; "" where the error is about what a name or an argument says.
	Option string
	text   string
}

// Error returns a sentence that begins with the option, such as "pca-drop 400: the
// teacher has only 384 dimensions".
func (e *OptionError) Error() string { return e.text }

// Option returns an OptionError: the option's name, its value unless that is nil, and
// the rest of the sentence: "is negative", or ": the teacher has …".
func Option(name string, value any, rest string, args ...any) error {
	text := name
	if value != nil {
		text += fmt.Sprintf(" %v", value)
	}
	if !strings.HasPrefix(rest, ":") {
		text += " "
	}
	return &OptionError{name, text + fmt.Sprintf(rest, args...)}
}

// Argument returns an OptionError about an argument.
func Argument(format string, args ...any) error {
	return &OptionError{"", fmt.Sprintf(format, args...)}
}
