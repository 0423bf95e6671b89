package eval

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"

	"github.com/m2v-dev/m2v/matrix"
)

// A TextError is an Encoder's error about one of the texts that it was given. Run
// names the text's file and line with it.
type TextError struct {
	Index int // in the texts of the call
	Err   error
}

func (e *TextError) Error() string { return e.Err.Error() }
func (e *TextError) Unwrap() error { return e.Err }

// place puts file and line before an Encoder's error about one of t's texts.
func (t *texts) place(err error) error {
	if text, ok := errors.AsType[*TextError](err); ok && text.Index >= 0 && text.Index < len(t.at) {
		return t.at[text.Index].Errorf("%w", text.Err)
	}
	return fmt.Errorf("encode %d texts: %w", len(t.list), err)
}

// Texts calls yield with each distinct text that Run would have a model encode for
// the tasks, in the order of their first use. Which examples are drawn depends on seed.
// A task whose data cannot be read is an error, and so is what yield returns.
func Texts(ctx context.Context, tasks []Task, seed uint64, yield func(text string) error) error {
	l := &lister{seen: map[string]bool{}, yield: yield}
	for _, t := range tasks {
		_, err := t.run(ctx, &session{enc: l, seed: seed})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case l.err != nil:
			return l.err
		case err != nil:
			return fmt.Errorf("eval: texts of task %s: %w", t.Name, err)
		}
	}
	return nil
}

// WriteTexts writes the texts of Texts to w as JSON Lines, a string a line.
func WriteTexts(ctx context.Context, w io.Writer, tasks []Task, seed uint64) error {
	out := bufio.NewWriter(w)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := Texts(ctx, tasks, seed, func(text string) error { return e.Encode(text) }); err != nil {
		return err
	}
	return out.Flush()
}

// A lister is an Encoder that passes on its texts. Its vectors are points of a
// circle, one a text: finite, not zero, and different, so that protocols go on.
type lister struct {
	seen  map[string]bool
	yield func(string) error
	err   error // of yield
}

func (l *lister) Dims() int { return 2 }

func (l *lister) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		h := fnv.New32a()
		h.Write([]byte(text))
		angle := float64(h.Sum32()) / (1 << 32) * 2 * math.Pi
		dst.Row(i)[0], dst.Row(i)[1] = float32(math.Cos(angle)), float32(math.Sin(angle))
		if l.seen[text] || l.err != nil {
			continue
		}
		l.seen[text] = true
		l.err = l.yield(text)
	}
	return l.err
}
