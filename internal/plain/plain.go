// Package plain puts numbers and names into the words of a line for people.
package plain

import (
	"fmt"
	"io"
	"strings"
)

// Count says how many of something there are: "1 fault", "2 faults".
func Count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Line writes a name, a tab and what is known of it, which text/tabwriter aligns.
func Line(w io.Writer, name, format string, args ...any) {
	fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
}

// Megabytes says how many bytes there are, in millions: "15.1 MB".
func Megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// OrNone is s, and says so where a file does not say it.
func OrNone(s string) string {
	if s == "" {
		return "(not said)"
	}
	return s
}

// OneLine is s with its line breaks and runs of spaces as single spaces.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
