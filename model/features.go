package model

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/matrix"
)

// kept is a teacher by the vectors of texts that m2v featurize kept: texts that are not
// there have none.
type kept struct {
	Files
	width   int
	rows    map[string]int
	vectors []float32 // N×H
}

func openFeatures(f Files) (Model, error) {
	store, err := features.Open(f.Files[0])
	if err != nil {
		return nil, err
	}
	k := &kept{Files: f, width: store.Width(), rows: map[string]int{}}
	err = store.Each(context.Background(), func(first int, texts []string, y *matrix.Matrix) error {
		for i, text := range texts {
			k.rows[text] = first + i
		}
		k.vectors = append(k.vectors, y.Data...)
		return nil
	})
	return k, err
}

// Dims returns the width of the vectors.
func (k *kept) Dims() int { return k.width }

// Size has no parameters: they are the teacher's.
func (k *kept) Size() Size { return Size{Dims: k.width} }

// Warnings has none.
func (k *kept) Warnings() []string { return nil }

// Close lets the vectors go.
func (k *kept) Close() error {
	k.vectors, k.rows = nil, nil
	return nil
}

// Encode looks the vectors up. A text without one is an eval.TextError.
func (k *kept) Encode(ctx context.Context, list []string, dst *matrix.Matrix) error {
	for i, text := range list {
		row, ok := k.rows[text]
		if !ok {
			return &eval.TextError{Index: i, Err: fmt.Errorf("%s has no text %.80q", k.Files.Files[0], text)}
		}
		copy(dst.Row(i), k.vectors[row*k.width:(row+1)*k.width])
	}
	return ctx.Err()
}
