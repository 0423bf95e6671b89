package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// eachCommand walks all commands that run something.
func eachCommand(t *testing.T, check func(t *testing.T, cmd *cobra.Command)) {
	t.Helper()
	root := newRootCommand(newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, os.Getenv))
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_"), func(t *testing.T) { check(t, cmd) })
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
}

// TestHelp: each command's help has an example of itself, its exit codes, and each flag
// with a sentence and its default.
func TestHelp(t *testing.T) {
	eachCommand(t, func(t *testing.T, cmd *cobra.Command) {
		if cmd.Short == "" || !strings.Contains(cmd.Long, "xit codes") {
			t.Error("no short help, or no exit codes in the long one")
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			if !strings.HasPrefix(line, "  m2v") || cmd.Runnable() && cmd.HasParent() && !strings.HasPrefix(line, "  "+cmd.CommandPath()) {
				t.Errorf("example %q is not of %s", line, cmd.CommandPath())
			}
		}
		usage := cmd.UsageString()
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden || f.Name == "help" {
				return
			}
			if f.Usage == "" || !strings.Contains(usage, "--"+f.Name) {
				t.Errorf("--%s is not explained", f.Name)
			}
			if strings.Count(f.Usage, "(default") > 1 || f.DefValue == "auto" && strings.Contains(f.Usage, "(default") {
				t.Errorf("--%s has two defaults: %s", f.Name, f.Usage)
			}
			if f.DefValue == "" || f.DefValue == "0" || f.DefValue == "[]" {
				if !strings.Contains(f.Usage, "(default") && !strings.Contains(f.Usage, "(required") {
					t.Errorf("--%s does not say what it means without a value: %s", f.Name, f.Usage)
				}
			}
			zero := f.DefValue == "" || f.DefValue == "0" || f.DefValue == "false" || f.DefValue == "[]"
			if !zero && !strings.Contains(usage, "(default "+f.DefValue) && !strings.Contains(usage, "(default "+strconv.Quote(f.DefValue)) {
				t.Errorf("the help of --%s lacks its default %s", f.Name, f.DefValue)
			}
		})
	})
}

// TestJSON: each command that prints a result has --json, but those whose result is a stream
// or a file of its own form.
func TestJSON(t *testing.T) {
	without := map[string]string{
		"m2v": "help", "m2v runtime": "help", "m2v vocab": "help", "m2v help": "help", "m2v bench": "help", "m2v man": "files",
		"m2v encode": "its formats are --format's", "m2v predict": "an object a line always", "m2v vocab build": "a file of words",
		"m2v serve": "its answers are JSON",
	}
	eachCommand(t, func(t *testing.T, cmd *cobra.Command) {
		has := cmd.Flags().Lookup("json") != nil
		if reason, none := without[cmd.CommandPath()]; has == none {
			t.Errorf("--json: %t, %s", has, reason)
		}
	})
}
