package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/progress"
)

// printFeatures writes a line a folder, and below it a line for each fault.
func (a *app) printFeatures(list []*features.Content, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, list)
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, c := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d×%s\n", c.Path, stateOf(c), number(c.Texts, "text"), number(c.Shards, "file"), progress.Bytes(int(c.Bytes)), c.Width, c.DType)
		for _, fault := range c.Faults {
			fmt.Fprintf(t, "  %s\n", fault)
		}
	}
	return t.Flush()
}

func stateOf(c *features.Content) string {
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
