package stream

import (
	"context"

	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/vocab"
)

// CountWords counts the words of all texts.
func CountWords(ctx context.Context, in Input, o Options) (words *vocab.Counter, skipped int64, err error) {
	in.Read.BatchBytes = o.light().bytes
	r, err := texts.Open(in.Files, in.Stdin, in.Read)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	words = new(vocab.Counter)
	err = r.Each(ctx, func(list []string) error {
		for _, text := range list {
			words.AddText(text)
		}
		if o.Progress != nil {
			o.Progress(r.Progress())
		}
		return nil
	})
	return words, r.Skipped(), err
}
