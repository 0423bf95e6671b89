package manpage_test

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/manpage"
)

func TestPage(t *testing.T) {
	root := &cobra.Command{Use: "tool", Version: "1.2"}
	root.PersistentFlags().BoolP("quiet", "q", false, "say less")
	cmd := &cobra.Command{
		Use: "make FILE", Short: "Make a thing…", Long: "Make it.\n\n  a  table\n.5 is no request\nC:\\x", Example: "  tool make x",
		Run: func(*cobra.Command, []string) {},
	}
	cmd.Flags().String("kind", "plain", "the kind of thing")
	cmd.Flags().Bool("secret", false, "not shown")
	_ = cmd.Flags().MarkHidden("secret") // it is there
	root.AddCommand(cmd)
	want := `.TH "TOOL-MAKE" 1 "" "tool 1.2" ""
.SH NAME
tool\-make \- Make a thing\[u2026]
.SH SYNOPSIS
.B tool make FILE [flags]
.SH DESCRIPTION
.nf
Make it.

  a  table
\&.5 is no request
C:\ex
.fi
.SH OPTIONS
.TP
.B \-h, \-\-help
help for make
.TP
.B \-\-kind string
the kind of thing (default plain)
.SH OPTIONS OF ALL COMMANDS
.TP
.B \-q, \-\-quiet
say less
.SH EXAMPLE
.nf
tool make x
.fi
.SH SEE ALSO
.BR tool (1)
`
	if got := string(manpage.Page(cmd)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if name := manpage.Name(cmd); name != "tool-make.1" {
		t.Errorf("name %s", name)
	}
	if page := string(manpage.Page(root)); !strings.Contains(page, ".BR tool\\-make (1)") {
		t.Errorf("the root's page names no command:\n%s", page)
	}
}
