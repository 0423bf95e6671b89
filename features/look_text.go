package features

import (
	"fmt"
	"io"

	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/internal/progress"
)

// WriteText writes the folder for people: a line of columns with tabs between them, which
// text/tabwriter aligns, and below it a line for each fault.
func (c *Content) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d×%s\n", c.Path, c.state(), plain.Count(c.Texts, "text"), plain.Count(c.Shards, "file"), progress.Bytes(int(c.Bytes)), c.Width, c.DType)
	for _, fault := range c.Faults {
		fmt.Fprintf(w, "  %s\n", fault)
	}
}

// state says how much of the work is there.
func (c *Content) state() string {
	switch {
	case c.Complete:
		return "complete"
	case len(c.Shares) == 0:
		return "not complete"
	}
	done := 0
	for _, s := range c.Shares {
		if s.Complete {
			done++
		}
	}
	return fmt.Sprintf("%d of %d shares complete", done, c.Shares[0].Of)
}
