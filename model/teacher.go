package model

import (
	"context"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
)

// A Teacher is a Sentence Transformer through ONNX, with its own pooling and modules.
type Teacher struct {
	Folder    hub.Folder
	Tokenizer *tokenizer.Tokenizer
	Graph     *transformer.Teacher

	options  Options
	encoder  *transformer.Encoder // of Graph
	warnings []string             // of the folder
}

func openTeacher(folder hub.Folder, o Options) (*Teacher, error) {
	t := &Teacher{Folder: folder, options: o}
	info, err := teacher.Inspect(folder.Dir, o.ONNXFile)
	if err != nil {
		return nil, err
	}
	pooling, err := t.pooling(info)
	if err != nil {
		return nil, err
	}
	if err := info.Check(pooling); err != nil {
		return nil, err
	}
	file, err := teacher.ReadTokenizer(folder.Dir)
	if err != nil {
		return nil, err
	}
	if t.Tokenizer, err = tokenizer.New(file); err != nil {
		return nil, fmt.Errorf("%s: tokenizer.json: %w", folder.Dir, err)
	}
	rt, err := o.Runtime.Start()
	if err != nil {
		return nil, err
	}
	t.Graph, err = transformer.Open(rt, folder.Dir, transformer.Options{
		ONNXFile: o.ONNXFile, Pooling: pooling, Threads: o.Runtime.Count(), BatchSize: o.BatchSize, PadID: padID(file, t.Tokenizer),
	})
	if err != nil {
		return nil, err
	}
	length := o.MaxLength
	if length == static.NoMaxLength {
		length = math.MaxInt32 // the graph's positions still hold
	}
	t.encoder, err = t.Graph.NewEncoder(t.Tokenizer, transformer.EncodeOptions{MaxLength: length, NoNormalize: o.NoNormalize})
	if err != nil {
		t.Graph.Close()
		return nil, err
	}
	return t, nil
}

// pooling returns the pooling to use: the user's, else the one that the teacher was
// trained with, else what the graph can do.
func (t *Teacher) pooling(info *transformer.Info) (transformer.Pooling, error) {
	switch {
	case t.options.Pooling != "":
		return t.options.Pooling, nil
	case info.Pooling != "":
		return info.Pooling, nil
	case info.TrainedPooling != "":
		return "", fault.Hint(fmt.Errorf("the teacher was trained with pooling %s, which m2v does not have", info.TrainedPooling),
			"choose another with --pooling, if that is what you want")
	case info.Hidden == "" && info.Pooled != "":
		return transformer.Pooler, nil
	}
	t.warnings = append(t.warnings, "the folder does not say how the teacher pools (1_Pooling/config.json): mean, unless --pooling says otherwise")
	return transformer.Mean, nil
}

// padID returns the id that fills a teacher's batches, where the mask hides
// it: the padding section's if there is one, else 0, which every vocabulary has.
func padID(f *tokenizer.File, tok *tokenizer.Tokenizer) int {
	if token, ok := f.Pad(); ok {
		if id, ok := tok.ID(token); ok {
			return int(id)
		}
	}
	return 0
}

// Dims returns the length of the vectors that Encode writes.
func (t *Teacher) Dims() int {
	if t.options.Dims > 0 {
		return t.options.Dims
	}
	return t.encoder.Width()
}

// Encode writes the vector of texts[i] to row i of dst, len(texts)×D.
func (t *Teacher) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	full := dst
	if width := t.encoder.Width(); dst.Cols < width {
		full = matrix.New(len(texts), width)
	}
	if err := t.encoder.Encode(ctx, texts, full, nil); err != nil {
		return err
	}
	if full != dst {
		t.cut(dst, full)
	}
	return nil
}

// cut copies the first dimensions of a teacher's vectors. They get the length
// 1 again if the whole vectors have it.
func (t *Teacher) cut(dst, full *matrix.Matrix) {
	normalize := t.Graph.Info().Normalize && !t.options.NoNormalize
	for i := range dst.Rows {
		row := dst.Row(i)
		copy(row, full.Row(i))
		sum := 0.0
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		if length := math.Sqrt(sum); normalize && length > 0 {
			for j, v := range row {
				row[j] = float32(float64(v) / length)
			}
		}
	}
}

// Identity is that of the model's files and of the options in use.
func (t *Teacher) Identity() (string, error) { return identity(t.Folder.Dir, t.options) }

// Size is that of the graph.
func (t *Teacher) Size() Size {
	info := t.Graph.Info()
	return Size{Dims: t.Dims(), Parameters: info.Parameters(), Bytes: info.Bytes}
}

// Warnings are the folder's and the graph's.
func (t *Teacher) Warnings() []string {
	return append(t.warnings[:len(t.warnings):len(t.warnings)], t.Graph.Warnings()...)
}

// Close frees the graph.
func (t *Teacher) Close() error { return t.Graph.Close() }
