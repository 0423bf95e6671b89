package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/m2v-dev/m2v/internal/progress"
	"github.com/m2v-dev/m2v/teacher"
)

// app is what a command may touch of the process: its streams and environment.
// stdout carries the result and nothing else; stderr is for people.
type app struct {
	stdin  io.Reader
	stdout *results
	stderr io.Writer
	getenv func(string) string
	tty    bool // stderr is a terminal: progress is drawn over itself
	log    logOptions
	// refresh asks the Hub what a branch is now.
	refresh bool
	warned  map[string]bool
	// library names what multiplies matrices, with its version; "" until ONNX Runtime runs.
	library string
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *app {
	a := &app{stdin: stdin, stdout: &results{Writer: stdout}, stderr: stderr, getenv: getenv}
	if f, ok := stderr.(*os.File); ok {
		a.tty = term.IsTerminal(int(f.Fd()))
	}
	return a
}

// results is stdout, which remembers that a write failed: no result is lost in silence,
// whoever wrote it.
type results struct {
	io.Writer
	mu  sync.Mutex
	err error
}

func (o *results) Write(data []byte) (int, error) {
	n, err := o.Writer.Write(data)
	if err != nil {
		o.mu.Lock()
		o.err = err
		o.mu.Unlock()
	}
	return n, err
}

// lost is the error of a write to stdout that failed.
func (o *results) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// logOptions are the flags of every command that say what goes to stderr.
type logOptions struct {
	Quiet   bool   // warnings and errors alone
	Verbose bool   // short stages too
	Format  string // "text" or "json"
}

func (o *logOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "print warnings and errors only on stderr")
	f.BoolVar(&o.Verbose, "verbose", false, "print each stage on stderr, however short, and how long it took")
	f.StringVar(&o.Format, "log-format", "text", "of stderr: text, or json for an object a line with level, message and, of progress, numbers")
}

func (o logOptions) check() error {
	switch {
	case o.Quiet && o.Verbose:
		return usagef("--quiet and --verbose contradict each other: give one of them")
	case o.Format != "text" && o.Format != "json":
		return usagef("--log-format: %q is not text or json", o.Format)
	}
	return nil
}

// logLine is a line of stderr with --log-format json.
type logLine struct {
	Level   string `json:"level"` // "error", "warning", "info" or "progress"
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Unit    string `json:"unit,omitempty"`
	Done    int    `json:"done,omitempty"`
	Total   int    `json:"total,omitempty"`
}

// tell prints a line on stderr; text is what it is for people.
func (a *app) tell(line logLine, text string) {
	line.Message = oneLine(line.Message)
	switch {
	case a.log.Quiet && line.Level != "error" && line.Level != "warning":
	case a.log.Format == "json":
		data, _ := json.Marshal(line) // strings and numbers
		fmt.Fprintf(a.stderr, "%s\n", data)
	default:
		fmt.Fprintln(a.stderr, text)
	}
}

// warn prints one warning line.
func (a *app) warn(message string) {
	a.tell(logLine{Level: "warning", Message: message}, "m2v: warning: "+oneLine(message))
}

// note prints one line that a person may want to know.
func (a *app) note(message string) {
	a.tell(logLine{Level: "info", Message: message}, "m2v: "+oneLine(message))
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

// stage shows how far a long stage is: one line on a terminal that is drawn over, a line
// every few seconds elsewhere. A short stage has no line but with --verbose.
type stage struct {
	a     *app
	words *progress.Stage
	shown int // characters of the line that stands on the terminal
	lines int
}

// progress begins a stage. A total ≤ 0 is unknown.
func (a *app) progress(what, unit string, total int) *stage {
	return &stage{a: a, words: progress.Start(what, unit, total, a.drawn(), time.Now)}
}

// drawn tells whether progress is drawn over itself.
func (a *app) drawn() bool { return a.tty && a.log.Format != "json" }

// update reports that done units are finished.
func (s *stage) update(done int) {
	if line := s.words.Update(done); line != "" {
		s.show(line, false)
	}
}

// finish shows the last line.
func (s *stage) finish() {
	if s.words.Done() > 0 && (s.words.Total > 0 || s.lines > 0 || s.a.log.Verbose) {
		s.show(s.words.Finish(), true)
	}
}

func (s *stage) show(line string, last bool) {
	if s.a.log.Quiet {
		return
	}
	s.lines++
	if !s.a.drawn() {
		w := s.words
		s.a.tell(logLine{Level: "progress", Message: line, Stage: w.What, Unit: w.Unit, Done: w.Done(), Total: max(w.Total, 0)}, line)
		return
	}
	n := utf8.RuneCountInString(line)
	fmt.Fprintf(s.a.stderr, "\r%s%s", line, strings.Repeat(" ", max(s.shown-n, 0)))
	s.shown = n
	if last {
		fmt.Fprintln(s.a.stderr)
	}
}

// stages shows the stages of a run, one line after the other.
func (a *app) stages() teacher.Progress {
	var now *stage
	return func(what, unit string, done, total int) {
		if now == nil || now.words.What != what {
			if now != nil {
				now.finish()
			}
			now = a.progress(what, unit, total)
		}
		now.update(done)
		if done == total {
			now.finish()
			now = nil // the next stage of this name is another run
		}
	}
}

// printJSON prints v as the result of a command with --json.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
