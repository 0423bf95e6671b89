package main

import (
	"fmt"

	"github.com/spf13/cobra"

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
				_, err := cmd.OutOrStdout().Write(manpage.Markdown(cmd.Root(), commandsPage))
				return err
			}
			if len(list) == 0 {
				return withHint(usagef("no folder for the man pages"), "usage: %s", cmd.UseLine())
			}
			if err := manpage.WriteAll(cmd.Root(), list[0]); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print one page in Markdown")
	return cmd
}

// commandsPage is how docs/commands.md begins.
const commandsPage = "# Commands\n\n`m2v man --markdown` writes this page from the commands themselves; `go test ./cmd/m2v -run TestCommandsPage` checks that it is current.\n"
