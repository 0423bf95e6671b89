package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/m2v-dev/m2v/teacher"
)

// app is what a command may touch of the process: its streams and environment.
// stdout carries the result and nothing else; stderr is for people.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
	tty    bool // stderr is a terminal: progress bars make sense
	warned map[string]bool
	// library names what multiplies matrices, with its version; "" until ONNX Runtime runs.
	library string
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *app {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	if f, ok := stderr.(*os.File); ok {
		a.tty = term.IsTerminal(int(f.Fd()))
	}
	return a
}

// warn prints one warning line.
func (a *app) warn(message string) {
	fmt.Fprintf(a.stderr, "m2v: warning: %s\n", oneLine(message))
}

// note prints one line that a person may want to know.
func (a *app) note(message string) {
	fmt.Fprintf(a.stderr, "m2v: %s\n", oneLine(message))
}

// warnOnce prints a warning unless it was printed so before: one that many systems or
// variants would give alike.
func (a *app) warnOnce(message string) {
	if a.warned[message] {
		return
	}
	if a.warned == nil {
		a.warned = map[string]bool{}
	}
	a.warned[message] = true
	a.warn(message)
}

func (a *app) warnAll(messages []string) {
	for _, m := range messages {
		a.warn(m)
	}
}

// progress shows how far a long stage is: a bar with rate and time left on a
// terminal, a plain line at each quarter elsewhere. A total ≤ 0 is unknown.
type progress struct {
	a       *app
	what    string
	unit    string
	total   int
	quarter int // the last quarter that was reported
	bar     *progressbar.ProgressBar
}

func (a *app) progress(what, unit string, total int) *progress {
	p := &progress{a: a, what: what, unit: unit, total: total}
	if a.tty {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(a.stderr),
			progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(),
			progressbar.OptionSetItsString(unit),
			rate(unit),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// stages shows the stages of a run, one bar after the other.
func (a *app) stages() teacher.Progress {
	var bar *progress
	return func(stage, unit string, done, total int) {
		if bar == nil || bar.what != stage {
			if bar != nil {
				bar.finish()
			}
			bar = a.progress(stage, unit, total)
		}
		bar.update(done)
		if done == total {
			bar.finish()
			bar = nil // the next stage of this name is another run
		}
	}
}

// rate shows how many units pass in a second; bytes as kB, MB and so on.
func rate(unit string) progressbar.Option {
	if unit == "bytes" {
		return progressbar.OptionShowBytes(true)
	}
	return progressbar.OptionShowIts()
}

// update reports that done of total units are finished.
func (p *progress) update(done int) {
	if p.bar != nil {
		_ = p.bar.Set(done) // a bar that cannot be drawn stops nothing
		return
	}
	if p.total <= 0 {
		return
	}
	if q := 4 * done / p.total; q > p.quarter {
		p.quarter = q
		fmt.Fprintf(p.a.stderr, "%s: %d of %d %s\n", p.what, done, p.total, p.unit)
	}
}

// finish removes the bar.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// printJSON prints v as the result of a command with --json.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
