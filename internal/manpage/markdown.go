package manpage

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Markdown returns the help of a program and of all its commands, in the order of their
// names, as one page of Markdown that begins with intro. The same commands give the same bytes.
func Markdown(root *cobra.Command, intro string) []byte {
	root.InitDefaultHelpCmd()
	var b bytes.Buffer
	b.WriteString(intro)
	commandSection(&b, root)
	return b.Bytes()
}

func commandSection(b *bytes.Buffer, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	fmt.Fprintf(b, "\n## %s\n\n%s.\n", cmd.CommandPath(), cmd.Short)
	if cmd.Runnable() && cmd.HasParent() {
		fmt.Fprintf(b, "\n    %s\n", cmd.UseLine())
	}
	fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimSpace(cmd.Long))
	if cmd.HasParent() {
		flagTable(b, cmd.NonInheritedFlags())
	} else {
		flagTable(b, cmd.PersistentFlags())
	}
	if example := strings.TrimSpace(cmd.Example); example != "" {
		fmt.Fprintf(b, "\nExample:\n\n    %s\n", strings.ReplaceAll(example, "\n  ", "\n    "))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			commandSection(b, c)
		}
	}
}

// flagTable writes flags, each with its kind of value, what it does and its default.
func flagTable(b *bytes.Buffer, flags *pflag.FlagSet) {
	head := "\n| flag | what |\n|---|---|\n"
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		b.WriteString(head)
		head = ""
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		kind, usage := pflag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "[]" {
			usage += " (default " + f.DefValue + ")"
		}
		usage = strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(usage)
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.ReplaceAll(strings.TrimSpace(name+" "+kind), "|", `\|`), usage)
	})
}
