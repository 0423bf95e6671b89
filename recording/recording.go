// Package recording keeps what a model makes of texts, ids and vectors, so that another
// machine or version can be held against it.
//
//	r, err := recording.Make(ctx, model, tokenizer, texts)
//	err = r.Write(w)
//	...
//	want, err := recording.Open("golden.jsonl")
//	got, err := recording.Make(ctx, model, tokenizer, want.List())
//	c := recording.Compare(want, got, 1e-6)
package recording

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
)

// Recording is what a model made of texts.
type Recording struct {
	Dims  int    // of each vector
	Texts []Text // in their order
}

// Text is a text and what became of it.
type Text struct {
	Text   string    `json:"text"`
	IDs    []int32   `json:"ids"`    // without special tokens
	Vector []float32 `json:"vector"` // Dims values
}

// Encoder turns texts into vectors: row i of dst, len(texts)×Dims, is that of texts[i].
type Encoder interface {
	Dims() int
	Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error
}

// Tokenizer turns a text into ids; *tokenizer.Tokenizer is one.
type Tokenizer interface {
	AppendIDs(dst []int32, text string) []int32
}

// Make records what a model makes of texts. A vector with a value that is NaN or infinite is
// an error.
func Make(ctx context.Context, e Encoder, t Tokenizer, texts []string) (*Recording, error) {
	r := &Recording{Dims: e.Dims(), Texts: make([]Text, len(texts))}
	vectors := matrix.New(len(texts), r.Dims)
	if err := e.Encode(ctx, texts, vectors); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	if i, j, found := matrix.NotFinite(vectors); found {
		return nil, fmt.Errorf("recording: text %d, %.40q, has %v in dimension %d", i+1, texts[i], vectors.Row(i)[j], j)
	}
	for i, text := range texts {
		r.Texts[i] = Text{Text: text, IDs: t.AppendIDs([]int32{}, text), Vector: vectors.Row(i)}
	}
	return r, nil
}

// List returns the texts.
func (r *Recording) List() []string {
	list := make([]string, len(r.Texts))
	for i, t := range r.Texts {
		list[i] = t.Text
	}
	return list
}

// format is the first line of a file, so that another file is not taken for one.
const format = "m2v-recording-1"

// head is the first line; then comes a Text a line.
type head struct {
	Format string `json:"format"`
	Dims   int    `json:"dims"`
	Texts  int    `json:"texts"`
}

// Write writes the recording as JSON lines. Values read back as the same float32.
func (r *Recording) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(head{Format: format, Dims: r.Dims, Texts: len(r.Texts)}); err != nil {
		return err
	}
	for _, t := range r.Texts {
		if err := e.Encode(t); err != nil {
			return err
		}
	}
	return nil
}

// ErrFormat says that a file is no recording.
var ErrFormat = errors.New("not a recording")

// Open reads the recording at path.
func Open(path string) (*Recording, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("recording: %s: %w", path, files.Bare(err))
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("recording: %s: %w", path, err)
	}
	return r, nil
}

// Read reads what Write writes. It checks the shape line by line and allocates by what is
// there, not by what the head promises.
func Read(in io.Reader) (*Recording, error) {
	d := json.NewDecoder(bufio.NewReader(in))
	var h head
	if err := d.Decode(&h); err != nil || h.Format != format || h.Dims < 1 {
		return nil, ErrFormat
	}
	r := &Recording{Dims: h.Dims}
	for line := 2; ; line++ {
		var t Text
		err := d.Decode(&t)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if len(t.Vector) != h.Dims {
			return nil, fmt.Errorf("line %d: %d values, want %d", line, len(t.Vector), h.Dims)
		}
		r.Texts = append(r.Texts, t)
	}
	if len(r.Texts) != h.Texts {
		return nil, fmt.Errorf("the first line says %d texts, and there are %d", h.Texts, len(r.Texts))
	}
	return r, nil
}
