package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/manpage"
)

// newManCommand is what make man and releases run; helps do not list it.
func newManCommand() *cobra.Command {
	markdown := false
	cmd := &cobra.Command{
		Use:     "man [DIR]",
		Short:   "Write the man pages of all commands into a folder",
		Long:    "Man writes a page for each command into DIR, which may be there already. With\n--markdown it prints all of them as one page instead: docs/commands.md.\n\n" + exitCodesHelp,
		Example: "  m2v man man1",
		Hidden:  true,
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if markdown {
				_, err := cmd.OutOrStdout().Write(commandsPage(cmd.Root()))
				return err
			}
			if len(list) == 0 {
				return withHint(usagef("no folder for the man pages"), "usage: %s", cmd.UseLine())
			}
			if err := os.MkdirAll(list[0], 0o777); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			return writePages(cmd.Root(), list[0])
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print one page in Markdown")
	return cmd
}

// writePages writes the page of a command and those of its commands.
func writePages(cmd *cobra.Command, dir string) error {
	err := files.Write(filepath.Join(dir, manpage.Name(cmd)), func(w io.Writer) error {
		_, err := w.Write(manpage.Page(cmd))
		return err
	})
	if err != nil {
		return fmt.Errorf("man: %w", err)
	}
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		if err := writePages(c, dir); err != nil {
			return err
		}
	}
	return nil
}
