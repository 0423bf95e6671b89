// Package model opens what turns texts into vectors: a static model or a teacher, a
// local folder or one on the Hub; and word vectors and vectors of other programs, from
// their files.
package model

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/transformer"
)

// A Model turns texts into vectors. It is safe for concurrent use, and it is an
// eval.Encoder.
type Model interface {
	// Dims returns D, the length of a vector.
	Dims() int
	// Encode writes the vector of texts[i] to row i of dst, len(texts)×D.
	Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error
	// Identity is a SHA-256, in hex, of the files that vectors depend on and of the
	// options in use, such as MaxLength.
	Identity() (string, error)
	// Size says how large the model is, for tables.
	Size() Size
	// Warnings are what a user should know about the model, a sentence each, in a
	// fixed order. Some come only with the texts.
	Warnings() []string
	Close() error
}

// Size is how large a model is; a number that does not apply is 0.
type Size struct {
	Tokens, Dims int
	Parameters   int64 // numbers in the rows, of a teacher in its graph
	Bytes        int64 // of the rows as stored, or of the teacher's graph
}

// Options say how a model is opened. The zero value takes everything as the model's
// files say, and finds local folders only.
type Options struct {
	Find     hub.Finder
	Runtime  runtime.Provider // for teachers; its Threads are those of static models too
	Revision string           // of a model on the Hub

	// MaxLength is the number of tokens of a text that count, static.NoMaxLength for
	// all; 0 is the model's own limit.
	MaxLength   int
	Dims        int  // the first dimensions; 0 for all
	NoNormalize bool // vectors keep their length

	// Of a teacher only.
	ONNXFile  string
	Pooling   transformer.Pooling // "" for the one it was trained with
	BatchSize int                 // sequences; 0 leaves the choice to the graph
	// Prompt is put before every text; PromptName names one of the folder's. Where both
	// are "", the folder's default prompt stands.
	Prompt, PromptName string
}

func (o Options) check() error {
	switch {
	case o.Dims < 0:
		return fault.Option("dims", o.Dims, "is negative")
	case o.Runtime.Threads < 0:
		return fault.Option("threads", o.Runtime.Threads, "is negative")
	case o.BatchSize < 0:
		return fault.Option("batch-size", o.BatchSize, "is negative")
	}
	return nil
}

// Open opens the model that ref names, a folder or a Hub id: the result is a *Student
// or a *Teacher.
func Open(ctx context.Context, ref string, o Options) (Model, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	folder, isStatic, err := Find(ctx, ref, o)
	if err != nil {
		return nil, err
	}
	var m Model
	var width int
	if isStatic {
		s, err := openStudent(folder, o)
		if err != nil {
			return nil, err
		}
		m, width = s, s.Static.Dims()
	} else {
		t, err := openTeacher(folder, o)
		if err != nil {
			return nil, err
		}
		m, width = t, t.Width()
	}
	if o.Dims > width {
		m.Close()
		return nil, fault.Option("dims", o.Dims, ": %s has %d dimensions", ref, width)
	}
	return m, nil
}

// OpenStudent is Open for callers that need a static model.
func OpenStudent(ctx context.Context, ref string, o Options) (*Student, error) {
	m, err := Open(ctx, ref, o)
	if err != nil {
		return nil, err
	}
	s, ok := m.(*Student)
	if !ok {
		m.Close()
		return nil, fault.Hint(fmt.Errorf("%s is a teacher, not a static model", ref), "m2v distill %s -o DIR makes one of it", ref)
	}
	return s, nil
}

// OpenAny is Open, and opens files of vectors by "FORM:FILE" too; see ParseFiles.
func OpenAny(ctx context.Context, ref string, o Options) (Model, error) {
	f, ok, err := ParseFiles(ref)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return Open(ctx, ref, o)
	case o.MaxLength != 0 || o.Prompt != "" || o.PromptName != "" || o.Pooling != "" || o.ONNXFile != "" || o.Revision != "":
		return nil, fault.Argument("--max-length, --pooling, --onnx-file and --revision are for models, and %s is a file of vectors", ref)
	}
	return f.open()
}
