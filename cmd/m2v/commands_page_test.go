package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/manpage"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// TestCommandsPage: docs/commands.md is what the commands say of themselves.
func TestCommandsPage(t *testing.T) {
	have, err := os.ReadFile(filepath.Join(testenv.Root(), "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := newRootCommand(newApp(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }))
	if !bytes.Equal(have, manpage.Markdown(root, commandsPage)) {
		t.Error("docs/commands.md is not current: make commands")
	}
}
