// Package manpage writes the help of a cobra program as man pages, one a command, and as
// one page of Markdown. Texts stand as the help has them: lines are not filled again, for its tables would not survive that. Why not
// cobra's own generator: docs/decisions/196-man-pages.md.
package manpage

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/internal/files"
)

// Name returns the file name of a command's page: "m2v-vocab-build.1".
func Name(cmd *cobra.Command) string { return dashed(cmd) + ".1" }

// WriteAll writes the pages of a command and of its commands into the folder dir, which
// may be there already.
func WriteAll(cmd *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	err := files.Write(filepath.Join(dir, Name(cmd)), func(w io.Writer) error {
		_, err := w.Write(Page(cmd))
		return err
	})
	for _, c := range cmd.Commands() {
		if err == nil && c.IsAvailableCommand() {
			err = WriteAll(c, dir)
		}
	}
	return err
}

// Page returns a command's page in roff, of section 1. The same command gives the same bytes.
func Page(cmd *cobra.Command) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q \"\"\n", strings.ToUpper(dashed(cmd)), cmd.Root().Name()+" "+cmd.Root().Version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escape(dashed(cmd)), escape(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", escape(cmd.UseLine()))
	asItStands(&b, "DESCRIPTION", cmd.Long)
	cmd.InitDefaultHelpFlag()
	options(&b, "OPTIONS", cmd.NonInheritedFlags())
	options(&b, "OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	asItStands(&b, "EXAMPLE", cmd.Example)
	var also []string
	if cmd.HasParent() {
		also = append(also, dashed(cmd.Parent()))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			also = append(also, dashed(c))
		}
	}
	for i, name := range also {
		also[i] = ".BR " + escape(name) + " (1)"
	}
	if also != nil {
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s\n", strings.Join(also, ",\n"))
	}
	return b.Bytes()
}

func dashed(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// asItStands writes a section whose lines are kept.
func asItStands(b *bytes.Buffer, title, text string) {
	if text = strings.TrimSpace(text); text != "" {
		fmt.Fprintf(b, ".SH %s\n.nf\n%s\n.fi\n", title, escape(text))
	}
}

// options writes a section of flags, each with its kind of value, what it does and its default.
func options(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	first := true
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if first {
			fmt.Fprintf(b, ".SH %s\n", title)
			first = false
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		kind, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(b, ".TP\n.B %s\n%s", escape(strings.TrimSpace(name+" "+kind)), escape(usage))
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "[]" {
			fmt.Fprintf(b, " (default %s)", escape(f.DefValue))
		}
		b.WriteByte('\n')
	})
}

// escape keeps roff from reading text as requests or escapes.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	var ascii strings.Builder
	for _, r := range text {
		if r < 0x80 {
			ascii.WriteRune(r)
		} else {
			fmt.Fprintf(&ascii, `\[u%04X]`, r)
		}
	}
	lines := strings.Split(ascii.String(), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
