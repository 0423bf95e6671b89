package model

import (
	"context"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

// A Student is a static model in a folder.
type Student struct {
	Folder hub.Folder
	Static *static.Model

	options Options
}

func openStudent(folder hub.Folder, o Options) (*Student, error) {
	if o.Pooling != "" || o.ONNXFile != "" {
		return nil, fault.Argument("--pooling and --onnx-file are for teachers, and %s is a static model", folder.Dir)
	}
	if o.BatchSize != 0 {
		return nil, fault.Argument("--batch-size is for teachers, and %s is a static model", folder.Dir)
	}
	if o.Prompt != "" || o.PromptName != "" {
		return nil, fault.Argument("--prompt and --prompt-name are for teachers, and %s is a static model", folder.Dir)
	}
	m, err := static.Open(folder.Dir)
	if err != nil {
		return nil, err
	}
	return &Student{folder, m, o}, nil
}

// Tokenizer returns the model's tokenizer.
func (s *Student) Tokenizer() *tokenizer.Tokenizer { return s.Static.Tokenizer() }

// Dims returns the length of the vectors that Encode writes.
func (s *Student) Dims() int {
	if s.options.Dims > 0 {
		return s.options.Dims
	}
	return s.Static.Dims()
}

// Encode writes the vector of texts[i] to row i of dst, len(texts)×D.
func (s *Student) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	return s.EncodeThreads(ctx, texts, dst, s.options.Runtime.Threads)
}

// EncodeThreads is Encode with so many threads, 0 for one a core: for callers that
// spread texts themselves.
func (s *Student) EncodeThreads(ctx context.Context, texts []string, dst *matrix.Matrix, threads int) error {
	return s.Static.Encode(ctx, texts, dst, static.Options{
		MaxLength: s.options.MaxLength, Dims: s.options.Dims, NoNormalize: s.options.NoNormalize, Threads: threads,
	})
}

// Identity is that of the model's files and of the options in use.
func (s *Student) Identity() (string, error) { return identity(s.Folder.Dir, s.options) }

// Size is that of the rows and what goes with them.
func (s *Student) Size() Size { return SizeOf(s.Static) }

// SizeOf is the size of a static model.
func SizeOf(m *static.Model) Size {
	table := m.Table()
	return Size{
		Tokens: m.Size(), Dims: table.Cols, Parameters: int64(table.Rows) * int64(table.Cols),
		Bytes: int64(len(table.Bytes) + 8*len(m.Weights()) + 4*len(m.Mapping())),
	}
}

// Warnings are the static model's.
func (s *Student) Warnings() []string { return s.Static.Warnings() }

// Close frees the rows.
func (s *Student) Close() error { return s.Static.Close() }
