package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/convert"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/wordvec"
)

// Files are a model by the files of vectors that it is made of: "FORM:FILE,FILE".
type Files struct {
	Form  string // glove, word2vec, bpemb, npy or features
	Files []string
}

// forms says which files each form is made of.
var forms = map[string]string{"glove": "FILE", "word2vec": "FILE", "bpemb": "MODEL,VECTORS", "npy": "VECTORS,TEXTS", "features": "DIR"}

// ParseFiles reads "FORM:FILE", or "FORM:FILE,FILE" for the forms of two files, and
// tells whether ref is one of them.
func ParseFiles(ref string) (Files, bool, error) {
	form, rest, _ := strings.Cut(ref, ":")
	want, ok := forms[form]
	if !ok || form == ref {
		return Files{}, false, nil
	}
	f := Files{form, []string{rest}}
	if strings.Contains(want, ",") {
		first, second, _ := strings.Cut(rest, ",")
		f.Files = []string{first, second}
	}
	for _, name := range f.Files {
		if name == "" {
			return f, true, fault.Argument("%s: want %s:%s", ref, form, want)
		}
	}
	return f, true, nil
}

// Name is how a report calls the files: by the base name, never by a path.
func (f Files) Name() string { return f.Form + ":" + filepath.Base(f.Files[0]) }

func (f Files) open() (Model, error) {
	switch f.Form {
	case "npy":
		return openLookup(f)
	case "features":
		return openFeatures(f)
	}
	w, err := convert.Open(f.Form, f.Files...)
	if err != nil {
		return nil, err
	}
	return words{w.Encoder(), f, w.Warnings}, nil
}

// Identity is a SHA-256 of the form and the files' contents.
func (f Files) Identity() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, f.Form)
	for _, name := range f.Files {
		if f.Form == "features" {
			name = filepath.Join(name, features.ManifestFile) // it names the others' SHA-256
		}
		sum, _, err := files.SHA256(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, sum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// words is a model of word vectors, averaged over a text's words or pieces.
type words struct {
	*wordvec.Encoder
	Files
	warnings []string
}

// Close does nothing: the files were read and closed.
func (words) Close() error { return nil }

func (w words) Warnings() []string { return w.warnings }

// Size is that of float32 rows, whatever the file's own form is.
func (w words) Size() Size {
	rows, width := w.Rows(), w.Encoder.Dims()
	return Size{Tokens: rows, Dims: width, Parameters: int64(rows) * int64(width), Bytes: 4 * int64(rows) * int64(width)}
}
