package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
)

// A Teacher is a Sentence Transformer through ONNX, with its own pooling and modules.
type Teacher struct {
	*teacher.Texts
	Folder hub.Folder

	options Options
}

func openTeacher(folder hub.Folder, o Options) (*Teacher, error) {
	length := o.MaxLength
	if length == static.NoMaxLength {
		length = math.MaxInt32 // the graph's positions still hold
	}
	t, err := teacher.OpenTexts(folder, teacher.TextOptions{
		ONNXFile: o.ONNXFile, Pooling: o.Pooling, BatchSize: o.BatchSize,
		MaxLength: length, Prompt: o.Prompt, PromptName: o.PromptName, NoNormalize: o.NoNormalize,
	}, o.Runtime)
	if err != nil {
		return nil, err
	}
	return &Teacher{t, folder, o}, nil
}

// Dims returns the length of the vectors that Encode writes.
func (t *Teacher) Dims() int {
	if t.options.Dims > 0 {
		return t.options.Dims
	}
	return t.Width()
}

// Encode writes the vector of texts[i] to row i of dst, len(texts)×D.
func (t *Teacher) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	if dst == nil {
		return fmt.Errorf("model: encode: no dst: make one with matrix.New(%d, %d)", len(texts), t.Dims())
	}
	full := dst
	if width := t.Width(); dst.Cols < width {
		full = matrix.New(len(texts), width)
	}
	if err := t.Texts.Encode(ctx, texts, full); err != nil {
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
	normalize := t.Encoder.Normalized()
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

// Identity is that of the model's files, of the options in use and of what the graph runs
// on, unless that is the CPU and the graph as it was exported.
func (t *Teacher) Identity() (string, error) {
	id, err := identity(t.Folder.Dir, t.options)
	engine := runtime.ParseEngine(t.Graph.RuntimeVersion())
	engine.Version = "" // the scores' key has it
	name := engine.String()
	if t.options.ONNXFile != "" && err == nil { // the graph may lie outside the folder
		var sums map[string]string
		sums, err = t.SHA256()
		name += fmt.Sprint(sums)
	}
	if name != "" && err == nil {
		sum := sha256.Sum256([]byte(id + name))
		id = hex.EncodeToString(sum[:])
	}
	return id, err
}

// Size is that of the graph.
func (t *Teacher) Size() Size {
	info := t.Graph.Info()
	return Size{Dims: t.Dims(), Parameters: info.Parameters(), Bytes: info.Bytes}
}
