package console

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/plain"
)

// Options say what goes to stderr: the flags of every command.
type Options struct {
	Quiet   bool   // warnings and errors alone
	Verbose bool   // short stages too
	Format  string // "text" or "json"
}

// Check refuses flags that contradict each other.
func (o Options) Check() error {
	switch {
	case o.Quiet && o.Verbose:
		return fault.Argument("--quiet and --verbose contradict each other: give one of them")
	case o.Format != "text" && o.Format != "json":
		return fault.Option("log-format", nil, ": %q is not text or json", o.Format)
	}
	return nil
}

// Line is a line of stderr with --log-format json.
type Line struct {
	Level   string `json:"level"` // "error", "warning", "info" or "progress"
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Unit    string `json:"unit,omitempty"`
	Done    int    `json:"done,omitempty"`
	Total   int    `json:"total,omitempty"`
}

// Tell prints a line on stderr; text is what it is for people.
func (c *Console) Tell(line Line, text string) {
	line.Message = plain.OneLine(line.Message)
	c.leaveLine()
	switch {
	case c.Log.Quiet && line.Level != "error" && line.Level != "warning":
	case c.Log.Format == "json":
		data, _ := json.Marshal(line) // strings and numbers
		fmt.Fprintf(c.Err, "%s\n", data)
	default:
		fmt.Fprintln(c.Err, text)
	}
}

// Warn prints one warning line.
func (c *Console) Warn(message string) {
	c.Tell(Line{Level: "warning", Message: message}, "m2v: warning: "+plain.OneLine(message))
}

// WarnAll prints a line for each warning.
func (c *Console) WarnAll(messages []string) {
	for _, m := range messages {
		c.Warn(m)
	}
}

// WarnOnce prints a warning unless it was printed so before: one that many models would
// give alike.
func (c *Console) WarnOnce(message string) {
	if c.told[message] {
		return
	}
	if c.told == nil {
		c.told = map[string]bool{}
	}
	c.told[message] = true
	c.Warn(message)
}

// Notef prints one line that a person may want to know.
func (c *Console) Notef(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	c.Tell(Line{Level: "info", Message: message}, "m2v: "+plain.OneLine(message))
}

// Logger is stderr as a structured log, with the levels and keys of the other lines there.
func (c *Console) Logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	switch {
	case c.Log.Quiet:
		o.Level = slog.LevelWarn
	case c.Log.Verbose:
		o.Level = slog.LevelDebug
	}
	if c.Log.Format != "json" {
		return slog.New(slog.NewTextHandler(c.Err, o))
	}
	o.ReplaceAttr = func(groups []string, attr slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case attr.Key == slog.MessageKey:
			attr.Key = "message"
		case attr.Key == slog.LevelKey:
			level := strings.ToLower(attr.Value.String())
			if level == "warn" {
				level = "warning"
			}
			attr.Value = slog.StringValue(level)
		}
		return attr
	}
	return slog.New(slog.NewJSONHandler(c.Err, o))
}
