package main

import (
	"errors"
	"io"
	"strconv"

	"github.com/m2v-dev/m2v/internal/texts"
)

// eachText reads a file of texts, a line each, "-" for stdin, and hands them
// on in groups; a group is use's to keep.
func (a *app) eachText(path string, use func([]string) error) error {
	o := texts.DefaultOptions()
	o.Format = texts.Lines
	r, err := texts.Open([]string{path}, a.stdin, o)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		group := make([]string, 1024)
		n, err := r.Next(group)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if useErr := use(group[:n]); useErr != nil {
			return useErr
		}
		if err != nil {
			return nil
		}
	}
}

// plainText returns text as it can stand on a line: as it is, or quoted if it
// has control characters.
func plainText(text string) string {
	for _, r := range text {
		if r < ' ' || r == 0x7f {
			return strconv.Quote(text)
		}
	}
	return text
}
