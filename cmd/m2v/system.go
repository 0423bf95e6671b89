package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/texts"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/sentencepiece"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/wordvec"
)

// A system is what m2v eval scores: a model, or files of vectors.
type system interface {
	eval.Encoder
	io.Closer
	// identity is a SHA-256 of all that the system's vectors depend on.
	identity() (string, error)
	// size says how large the system is, for tables.
	size() systemSize
}

// systemSize is how large a system is; 0 of what does not apply.
type systemSize struct {
	Tokens, Dims int
	Parameters   int64 // numbers in the rows, of a teacher in its graph
	Bytes        int64 // of the rows as stored, or of the teacher's graph
}

// systemHelp is the part of a help text that tells what a system may be.
const systemHelp = `  FOLDER or Hub id      a static model or a teacher
  glove:FILE            word vectors in GloVe's text form, averaged over words as
                        sentence-transformers' average_word_embeddings models do
  word2vec:FILE         the same, word2vec's text or binary form
  bpemb:MODEL,VECTORS   a sentencepiece BPE model and its vectors, averaged over pieces`

// systemFiles are a system by the files that it is made of: "FORM:FILE,FILE".
type systemFiles struct {
	form  string
	files []string
}

// parseFiles reads "FORM:FILE", or "FORM:FILE,FILE" for the forms of two files, and
// tells whether ref is one of them.
func parseFiles(ref string) (systemFiles, bool, error) {
	form, rest, _ := strings.Cut(ref, ":")
	names := map[string]string{"glove": "FILE", "word2vec": "FILE", "bpemb": "MODEL,VECTORS", "npy": "VECTORS,TEXTS"}
	want, ok := names[form]
	if !ok || form == ref {
		return systemFiles{}, false, nil
	}
	s := systemFiles{form, []string{rest}}
	if strings.Contains(want, ",") {
		first, second, _ := strings.Cut(rest, ",")
		s.files = []string{first, second}
	}
	for _, name := range s.files {
		if name == "" {
			return s, true, usagef("%s: want %s:%s", ref, form, want)
		}
	}
	return s, true, nil
}

// openSystem opens what ref names.
func (a *app) openSystem(ctx context.Context, ref string, o modelOptions) (system, error) {
	s, ok, err := parseFiles(ref)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		m, err := a.openModel(ctx, ref, o)
		if err != nil {
			return nil, err // and no system that is a nil pointer
		}
		return m, nil
	case o.MaxLength != 0 || o.Pooling != "" || o.ONNXFile != "" || o.Revision != "":
		return nil, usagef("--max-length, --pooling, --onnx-file and --revision are for models, and %s is a file of vectors", ref)
	}
	return s.open(a)
}

func (s systemFiles) open(a *app) (system, error) {
	if s.form == "npy" {
		return a.openLookup(s)
	}
	w, err := s.openWords(a)
	if err != nil {
		return nil, err
	}
	return averaged{w.encoder(), s}, nil
}

// identity is a SHA-256 of the form and the files' contents.
func (s systemFiles) identity() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, s.form)
	for _, name := range s.files {
		sum, err := sha256File(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, sum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// wordVectors are word vectors and, for bpemb, the model whose pieces they are of.
type wordVectors struct {
	vectors *wordvec.Vectors
	pieces  *sentencepiece.Model
}

// openWords reads glove, word2vec and bpemb files.
func (s systemFiles) openWords(a *app) (wordVectors, error) {
	var w wordVectors
	format, path := wordvec.Format(s.form), s.files[0]
	if s.form == "bpemb" {
		var err error
		if w.pieces, err = sentencepiece.Open(s.files[0]); err != nil {
			return w, err
		}
		format, path = wordvec.Word2Vec, s.files[1]
	}
	var err error
	if w.vectors, err = wordvec.Open(path, format); err != nil {
		return w, err
	}
	if n := w.vectors.Repeated; n > 0 {
		a.warn(fmt.Sprintf("%s: %d words are there more than once; their first vectors count", path, n))
	}
	if w.pieces != nil {
		if err := w.vectors.CheckPieces(w.pieces.Pieces()); err != nil {
			return w, fmt.Errorf("%s: %w", path, err)
		}
	}
	return w, nil
}

func (w wordVectors) encoder() *wordvec.Encoder {
	if w.pieces != nil {
		return wordvec.NewEncoder(w.vectors.Rows, wordvec.Pieces{Model: w.pieces})
	}
	return wordvec.NewEncoder(w.vectors.Rows, wordvec.NewWords(w.vectors.Words))
}

// averaged is a system of word vectors.
type averaged struct {
	*wordvec.Encoder
	systemFiles
}

// Close does nothing: the files were read and closed.
func (averaged) Close() error { return nil }

// size is that of float32 rows, whatever the file's own form is.
func (v averaged) size() systemSize {
	rows, width := v.Rows(), v.Dims()
	return systemSize{Tokens: rows, Dims: width, Parameters: int64(rows) * int64(width), Bytes: 4 * int64(rows) * int64(width)}
}

// lookup is a system of vectors that another program made: row i of a .npy file is
// the vector of text i of a file of texts.
type lookup struct {
	*vectors.Reader
	systemFiles
	rows map[string]int
}

func (a *app) openLookup(s systemFiles) (system, error) {
	r, err := vectors.OpenNPY(s.files[0])
	if err != nil {
		return nil, err
	}
	l := &lookup{r, s, map[string]int{}}
	n, err := l.readTexts(a)
	if err == nil && n != r.Rows {
		err = withHint(fmt.Errorf("%s has %d rows and %s %d texts", s.files[0], r.Rows, s.files[1], n),
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
func (l *lookup) readTexts(a *app) (n int, err error) {
	if l.files[1] == "-" { // it is read again for the identity
		return 0, usagef("npy: the texts have to be in a file")
	}
	r, err := texts.Open(l.files[1:], a.stdin, texts.DefaultOptions())
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

// size has no parameters: another program made the vectors.
func (l *lookup) size() systemSize { return systemSize{Dims: l.Cols} }

// Encode looks the vectors up. A text without one is an eval.TextError.
func (l *lookup) Encode(ctx context.Context, list []string, dst *matrix.Matrix) error {
	for i, text := range list {
		row, ok := l.rows[text]
		if !ok {
			return &eval.TextError{Index: i, Err: fmt.Errorf("%s has no text %.80q", l.files[1], text)}
		}
		if err := l.Row(row, dst.Row(i)); err != nil {
			return fmt.Errorf("%s: %w", l.files[0], err)
		}
	}
	return ctx.Err()
}

// size is that of the rows and what goes with them, or of the graph.
func (m *anyModel) size() systemSize {
	if m.Static == nil {
		info := m.Teacher.Info()
		return systemSize{Dims: m.Dims(), Parameters: info.Parameters(), Bytes: info.Bytes}
	}
	return staticSize(m.Static)
}

func staticSize(m *static.Model) systemSize {
	table := m.Table()
	return systemSize{
		Tokens: m.Size(), Dims: table.Cols, Parameters: int64(table.Rows) * int64(table.Cols),
		Bytes: int64(len(table.Bytes) + 8*len(m.Weights()) + 4*len(m.Mapping())),
	}
}

// identity is that of the model's files and of the switches in use, such as --max-length.
func (m *anyModel) identity() (string, error) {
	o := m.options
	o.Threads, o.ORTLib, o.Revision = 0, "", "" // change no vector, or show in the files
	var list bytes.Buffer
	fmt.Fprintf(&list, "%+v\n", o)
	if err := hashFolder(&list, m.Folder.Dir, "", 0); err != nil {
		return "", err
	}
	sum := sha256.Sum256(list.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

// hashFolder lists the SHA-256 of every file of a folder but hidden ones and texts for
// people: a graph may keep its weights in files of any name. Links are followed, as
// the Hub's cache consists of them.
func hashFolder(w io.Writer, dir, name string, depth int) error {
	if depth > 16 {
		return fmt.Errorf("%s: folders are nested too deep, or a link leads back", filepath.Join(dir, name))
	}
	entries, err := os.ReadDir(filepath.Join(dir, name)) // by name
	if err != nil {
		return err
	}
	for _, e := range entries {
		inner := filepath.Join(name, e.Name())
		info, err := os.Stat(filepath.Join(dir, inner))
		switch {
		case strings.HasPrefix(e.Name(), "."), filepath.Ext(e.Name()) == ".md":
		case err != nil:
			return err
		case info.IsDir():
			if err := hashFolder(w, dir, inner, depth+1); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			sum, err := sha256File(filepath.Join(dir, inner))
			if err != nil {
				return err
			}
			fmt.Fprintln(w, filepath.ToSlash(inner), sum)
		}
	}
	return nil
}
