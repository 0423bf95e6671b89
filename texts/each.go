package texts

import (
	"context"
	"encoding/json"
	"errors"
	"io"
)

// group is how many texts Each hands on at most.
const group = 1024

// Each reads r to its end and hands the texts on in groups, which are use's to keep. It
// stops at the first error of reading or of use, and when ctx ends.
func (r *Reader) Each(ctx context.Context, use func([]string) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		list := make([]string, group)
		n, err := r.Next(list)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if useErr := use(list[:n]); useErr != nil {
			return useErr
		}
		if err != nil {
			return nil
		}
	}
}

// Records calls use with each text and, of it, what Options.Keep names, which is use's until
// it returns.
func (r *Reader) Records(ctx context.Context, use func(text string, kept []json.RawMessage) error) error {
	batch := make([]string, 256)
	for {
		n, err := r.Next(batch)
		for i := range n {
			if err := use(batch[i], r.Kept(i)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}
