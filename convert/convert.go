// Package convert makes static models of word vectors that others have published: GloVe's,
// word2vec's, and BPEmb's, which go with a sentencepiece model.
//
//	w, err := convert.Open("glove", "vectors.txt")
//	c, err := w.Static(matrix.Float32)
//	folder, err := c.Folder()
//	err = export.Write(ctx, "words", c.Model, folder, export.Options{})
package convert

import (
	"fmt"
	"path/filepath"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/sentencepiece"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/wordvec"
)

// The forms that Open reads. GloVe and Word2Vec take one file, BPEmb a sentencepiece model
// and its vectors, in this order.
const (
	GloVe    = string(wordvec.GloVe)
	Word2Vec = string(wordvec.Word2Vec)
	BPEmb    = "bpemb"
)

// Words are word vectors and where they come from.
type Words struct {
	Vectors  *wordvec.Vectors
	Pieces   *sentencepiece.Model // whose pieces the vectors are of; nil unless BPEmb
	Warnings []string

	form  string
	files []string
}

// Open reads the files of a form.
func Open(form string, names ...string) (*Words, error) {
	want := map[string]int{GloVe: 1, Word2Vec: 1, BPEmb: 2}[form]
	if want == 0 {
		return nil, fmt.Errorf("convert: form %q is not %s, %s or %s", form, GloVe, Word2Vec, BPEmb)
	}
	if len(names) != want {
		return nil, fmt.Errorf("convert: %d files for %s, want %d", len(names), form, want)
	}
	w := &Words{form: form, files: names}
	format, path := wordvec.Format(form), names[want-1]
	if form == BPEmb {
		var err error
		if w.Pieces, err = sentencepiece.Open(names[0]); err != nil {
			return nil, err
		}
		format = wordvec.Word2Vec
	}
	var err error
	if w.Vectors, err = wordvec.Open(path, format); err != nil {
		return nil, err
	}
	if n := w.Vectors.Repeated; n > 0 {
		w.Warnings = append(w.Warnings, fmt.Sprintf("%s: %d words occur more than once; the first vector of each is used", path, n))
	}
	if w.Pieces != nil {
		if err := w.Vectors.CheckPieces(w.Pieces.Pieces()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return w, nil
}

// Encoder returns the mean of a text's word vectors, as sentence-transformers and BPEmb have
// it.
func (w *Words) Encoder() *wordvec.Encoder {
	if w.Pieces != nil {
		return wordvec.NewEncoder(w.Vectors.Rows, wordvec.Pieces{Model: w.Pieces})
	}
	return wordvec.NewEncoder(w.Vectors.Rows, wordvec.NewWords(w.Vectors.Words))
}

// Converted is the static model of word vectors.
type Converted struct {
	Model *static.Model
	// Counts are numbers of words, and of those that have no row: "words", "repeated",
	// "rows" and, unless BPEmb, "stop-words" and "unreachable".
	Counts   map[string]int
	Warnings []string

	words *Words
	unk   int // the row of what no word covers
}

// Static returns a model whose vector of a text is the mean of its words' or pieces' vectors,
// not normalised, as far as a tokenizer.json can say it (wordvec.Vectors.Static tells the
// limits). Rows are stored as t, which has to hold them.
func (w *Words) Static(t matrix.Type) (*Converted, error) {
	c := &Converted{words: w, Counts: map[string]int{"words": len(w.Vectors.Words), "repeated": w.Vectors.Repeated}}
	file, rows, err := c.parts() // V×D
	if err != nil {
		return nil, err
	}
	c.Counts["rows"] = rows.Rows
	if err := quantize.Fits(rows, t); err != nil {
		return nil, err
	}
	if c.Model, err = static.New(file, quantize.Table(rows, t), nil, nil, static.Config{MaxLength: static.NoMaxLength}); err != nil {
		return nil, err
	}
	if n := c.Counts["unreachable"]; n > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d words have no row: no text is split into them, since they have white space or punctuation at an end", n))
	}
	return c, nil
}

// parts returns the tokenizer and the rows, V×D.
func (c *Converted) parts() (*tokenizer.File, *matrix.Matrix, error) {
	w := c.words
	if w.Pieces != nil {
		c.unk = w.Pieces.UnkID()
		file, err := w.Pieces.File(wordvec.BPEmbNormalizers()...)
		return file, w.Vectors.Rows, err
	}
	s := w.Vectors.Static()
	c.unk, c.Counts["stop-words"], c.Counts["unreachable"] = wordvec.UnkID, s.StopWords, s.Unreachable
	return s.File, s.Rows, nil
}

// Folder returns what the model folder says of how it was made. It reads the files again, for
// their SHA-256.
func (c *Converted) Folder() (export.Folder, error) {
	sums := map[string]string{}
	for _, name := range c.words.files {
		sum, _, err := files.SHA256(name)
		if err != nil {
			return export.Folder{}, fmt.Errorf("convert: %w", err)
		}
		sums[filepath.Base(name)] = sum
	}
	return export.Folder{Manifest: &export.Manifest{
		Tool:    "m2v",
		Version: export.Version,
		Teacher: export.Teacher{SHA256: sums},
		Options: map[string]any{"form": c.words.form, "quantize-to": c.Model.Table().Type.String()},
		Special: export.SpecialTokens{PAD: -1, UNK: c.unk},
		Counts:  c.Counts,
	}}, nil
}
