package features

import (
	"context"
	"errors"
	"io"
	"strings"
)

// readTexts is how many texts are asked of a corpus at once.
const readTexts = 256

// filler takes the texts of one shard after another from a corpus.
type filler struct {
	corpus Corpus
	texts  int // per shard
	read   int // texts taken from the corpus
	batch  [readTexts]string
	queue  []string // of batch, not taken yet
	end    error    // of the corpus
}

// text is a text of a shard and its number in the corpus, from 1.
type text struct {
	string
	number int
}

// fill returns the next shard's texts, each once, and how many it dropped on the
// way; none at the end of the corpus.
func (f *filler) fill(ctx context.Context) (shard []text, dropped Dropped, err error) {
	seen := map[string]bool{}
	for bytes := 0; len(shard) < f.texts && bytes < maxShardBytes; {
		if err := ctx.Err(); err != nil {
			return nil, dropped, err
		}
		next, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, dropped, err
		}
		switch {
		case strings.TrimSpace(next) == "":
			dropped.Empty++
		case seen[next]:
			dropped.Duplicates++
		default:
			seen[next] = true
			shard = append(shard, text{next, f.read})
			bytes += len(next)
		}
	}
	return shard, dropped, nil
}

func (f *filler) next() (string, error) {
	if len(f.queue) == 0 {
		if f.end != nil {
			return "", f.end
		}
		n, err := f.corpus.Next(f.batch[:])
		f.queue = f.batch[:n]
		if f.end = err; n == 0 && err != nil {
			return "", err
		}
		if n == 0 {
			return "", errors.New("Next of the corpus returns neither texts nor an error")
		}
	}
	next := f.queue[0]
	f.queue = f.queue[1:]
	f.read++
	return next, nil
}
