package texts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
)

// Stream hands out texts as Reader.Next does.
type Stream interface {
	Next(batch []string) (int, error)
}

// Drawn is a sample of a stream.
type Drawn struct {
	Texts      []string // in the order of the stream
	Seen       int      // texts that could be drawn
	Empty      int      // texts of white space alone, dropped
	Duplicates int      // of an earlier text of the same shard, dropped
	Skipped    int64    // records of a Reader that hold no text, passed over
}

// Sample reads a stream to its end and draws n of its texts, each with the same
// chance, or takes all if there are no more. Texts of white space alone are
// dropped before, and so are duplicates within each run of shard texts. The same
// stream and seed give the same sample. Memory holds n texts and a shard.
//
// Source: Vitter, Random Sampling with a Reservoir, 1985, algorithm R.
func Sample(ctx context.Context, from Stream, n int, seed uint64, shard int) (*Drawn, error) {
	if n < 1 || shard < 1 {
		return nil, fmt.Errorf("texts: sample: %d texts and shards of %d are not positive", n, shard)
	}
	type place struct {
		at   int // in the stream
		text string
	}
	var (
		d      = new(Drawn)
		random = rand.New(rand.NewPCG(seed, 0))
		sample []place
		seen   = map[string]bool{} // of this shard
		batch  [256]string
	)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		k, err := from.Next(batch[:])
		for _, text := range batch[:k] {
			switch {
			case strings.TrimSpace(text) == "":
				d.Empty++
				continue
			case seen[text]:
				d.Duplicates++
				continue
			}
			seen[text] = true
			at := d.Seen
			if d.Seen++; d.Seen%shard == 0 {
				clear(seen)
			}
			if at < n {
				sample = append(sample, place{at, text})
			} else if j := random.IntN(at + 1); j < n {
				sample[j] = place{at, text}
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(sample, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	for _, p := range sample {
		d.Texts = append(d.Texts, p.text)
	}
	return d, nil
}
