package model

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/texts"
)

// lookup is a model of vectors that another program made: row i of a .npy file is
// the vector of text i of a file of texts.
type lookup struct {
	*vectors.Reader
	Files
	rows map[string]int
}

func openLookup(f Files) (Model, error) {
	r, err := vectors.OpenNPY(f.Files[0])
	if err != nil {
		return nil, err
	}
	l := &lookup{r, f, map[string]int{}}
	n, err := l.readTexts()
	if err == nil && n != r.Rows {
		err = fault.Hint(fmt.Errorf("%s has %d rows and %s %d texts", f.Files[0], r.Rows, f.Files[1], n),
			"m2v eval --print-texts writes the texts; row i is to be the vector of text i")
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return l, nil
}

// readTexts reads the file of texts and returns how many there are. Of a text that
// is there more than once the first vector counts.
func (l *lookup) readTexts() (n int, err error) {
	if l.Files.Files[1] == "-" { // it is read again for the identity
		return 0, fault.Argument("npy: the texts must be in a file")
	}
	r, err := texts.Open(l.Files.Files[1:], nil, texts.DefaultOptions())
	if err != nil {
		return 0, err
	}
	defer r.Close()
	group := make([]string, 1024)
	for {
		k, err := r.Next(group)
		for _, text := range group[:k] {
			if _, ok := l.rows[text]; !ok {
				l.rows[text] = n
			}
			n++
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// Dims returns the width of the vectors.
func (l *lookup) Dims() int { return l.Cols }

// Size has no parameters: another program made the vectors.
func (l *lookup) Size() Size { return Size{Dims: l.Cols} }

// Warnings has none.
func (l *lookup) Warnings() []string { return nil }

// Encode looks the vectors up. A text without one is an eval.TextError.
func (l *lookup) Encode(ctx context.Context, list []string, dst *matrix.Matrix) error {
	for i, text := range list {
		row, ok := l.rows[text]
		if !ok {
			return &eval.TextError{Index: i, Err: fmt.Errorf("%s has no text %.80q", l.Files.Files[1], text)}
		}
		if err := l.Row(row, dst.Row(i)); err != nil {
			return fmt.Errorf("%s: %w", l.Files.Files[0], err)
		}
	}
	return ctx.Err()
}
