package data

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A Place is a line of a file (of Parquet: a row), from 1.
type Place struct {
	File string
	Line int
}

func (p Place) String() string {
	return fmt.Sprintf("%s:%d", filepath.ToSlash(p.File), p.Line)
}

// Errorf makes an error that begins with the place.
func (p Place) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", p, fmt.Errorf(format, args...))
}

// Short returns a text as an error shows it: its first 40 characters.
func Short(text string) string {
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}

// base is a file's name without its folder.
func base(name string) string { return filepath.Base(name) }
