package main

import (
	"context"

	"github.com/m2v-dev/m2v/texts"
)

// eachText reads a file of texts, "-" for stdin, in the form that its suffix names, else a
// line each, and hands them on in groups; a group is use's to keep.
func (a *app) eachText(ctx context.Context, path string, use func([]string) error) error {
	r, err := texts.Open([]string{path}, a.In, texts.DefaultOptions())
	if err != nil {
		return err
	}
	defer r.Close()
	return r.Each(ctx, use)
}
