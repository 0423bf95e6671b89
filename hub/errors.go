package hub

import (
	"errors"
	"strings"
	"unicode"
)

// What callers tell apart with errors.Is.
var (
	ErrRepo     = errors.New("no such repository")         // or one that the token may not see
	ErrRevision = errors.New("no such revision")           // no branch, tag or commit of that name
	ErrFile     = errors.New("no such file in the model")  // a required file that the repository lacks
	ErrAccess   = errors.New("access refused")             // gated or private, or a token that is wrong
	ErrOffline  = errors.New("not in the cache, offline")  // nothing may be requested
	ErrChecksum = errors.New("contents do not match hash") // what arrived is not what the Hub lists
	ErrMoved    = errors.New("the branch has moved")       // another commit came between
	ErrLanded   = errors.New("the commit may have landed") // its answer was lost, and it was not repeated
)

// Error is a failure with, where there is one, a next step for the user.
type Error struct {
	Repo string // the repository's id
	Step string // what was tried, such as "list files"
	Err  error
	hint string
}

func (e *Error) Error() string { return "hub: " + e.Step + " of " + e.Repo + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint returns the next step, "" if there is none to offer.
func (e *Error) Hint() string { return e.hint }

// hinted is a cause that knows the next step; Fetch lifts it into Error.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

func fail(repo, step string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Repo: repo, Step: step, Err: err}
	if h, ok := errors.AsType[hinted](err); ok {
		e.hint = h.hint
	}
	return e
}

// printable makes a server's text fit for a terminal: one line, no control
// characters, at most 200 of the rest.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}
