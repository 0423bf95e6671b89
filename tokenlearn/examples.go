package tokenlearn

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math"
	"os"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

// examples are texts with their targets in a temporary file: of each the target, D float32,
// and the ids of its tokens, int32, little-endian.
type examples struct {
	file *os.File
	dims int     // D
	ends []int64 // where each example ends in the file
	sum  string  // SHA-256 of the file

	texts     string  // SHA-256 of all texts
	counts    []int64 // by token id, occurrences
	noTokens  int     // texts without a token that counts, left out
	bad       int     // texts whose vector is zeros, or not finite, left out
	explained float64 // share of the targets' variance that D components hold
	warnings  []string
}

// target is the projection of a teacher's vectors on their components.
type target struct {
	basis *pca.Basis
	dims  int
}

// usable tells whether a vector is a target: finite, and not zeros.
func usable(v []float32) bool {
	n := matrix.Norm(v)
	return n > 0 && !math.IsInf(n, 1) // NaN is not above 0
}

// projection returns the components of the vectors, at most dims of them.
func projection(ctx context.Context, source features.Source, dims int) (target, []string, error) {
	moments := pca.NewMoments(source.Width())
	good := new(matrix.Matrix)
	err := source.Each(ctx, func(_ int, _ []string, y *matrix.Matrix) error {
		*good = matrix.Matrix{Cols: y.Cols, Data: good.Data[:0]}
		for i := range y.Rows {
			if usable(y.Row(i)) {
				good.Rows, good.Data = good.Rows+1, append(good.Data, y.Row(i)...)
			}
		}
		return moments.Add(ctx, good)
	})
	if err != nil {
		return target{}, nil, err
	}
	basis, err := moments.Fit() // H×H
	if err != nil {
		return target{}, nil, fmt.Errorf("tokenlearn: principal components of the vectors: %w", err)
	}
	k, warnings, err := pca.Dims{Mode: pca.Count, Count: dims}.Of(basis)
	return target{basis, k}, warnings, err
}

// tokens gives the ids of a text's tokens that the student averages.
type tokens interface{ Tokens(text string) []int32 }

// prepare writes the examples of a student of V tokens; close them.
func prepare(ctx context.Context, source features.Source, student tokens, vocabulary int, t target) (_ *examples, err error) {
	file, err := os.CreateTemp("", "m2v-examples-*")
	if err != nil {
		return nil, fmt.Errorf("tokenlearn: create temporary file of examples: %w", err)
	}
	x := &examples{file: file, dims: t.dims, counts: make([]int64, vocabulary), explained: t.basis.Explained(0, t.dims)}
	defer func() {
		if err != nil {
			x.close()
		}
	}()
	sum, texts := sha256.New(), sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(file, sum), 1<<20)
	err = source.Each(ctx, func(_ int, list []string, y *matrix.Matrix) error {
		return x.add(ctx, out, texts, list, y, student, t)
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("tokenlearn: write temporary file of examples: %w", err)
	}
	x.sum, x.texts = hex.EncodeToString(sum.Sum(nil)), hex.EncodeToString(texts.Sum(nil))
	return x, nil
}

// add writes the examples of a batch.
func (x *examples) add(ctx context.Context, out io.Writer, texts hash.Hash, list []string, y *matrix.Matrix, student tokens, t target) error {
	for i := range y.Rows {
		if !usable(y.Row(i)) { // it would spoil the product
			clear(y.Row(i))
		}
	}
	targets, err := t.basis.Project(ctx, y, pca.ProjectOptions{Dims: t.dims, KeepSigns: true}) // n×D
	if err != nil {
		return err
	}
	var record []byte
	for i, text := range list {
		features.HashText(texts, text)
		ids := student.Tokens(text)
		switch {
		case !usable(y.Row(i)):
			x.bad++
			continue
		case len(ids) == 0:
			x.noTokens++
			continue
		}
		record = record[:0]
		for _, v := range targets.Row(i) {
			record = binary.LittleEndian.AppendUint32(record, math.Float32bits(v))
		}
		for _, id := range ids {
			record = binary.LittleEndian.AppendUint32(record, uint32(id))
			x.counts[id]++
		}
		if _, err := out.Write(record); err != nil {
			return err
		}
		x.ends = append(x.ends, x.start(len(x.ends))+int64(len(record)))
	}
	return nil
}

func (x *examples) len() int { return len(x.ends) }

// start returns where example i begins.
func (x *examples) start(i int) int64 {
	if i == 0 {
		return 0
	}
	return x.ends[i-1]
}

// load reads examples: the tokens of each, and the targets, len(numbers)×D.
func (x *examples) load(numbers []int) (*learn.Bags, *matrix.Matrix, error) {
	bags, targets := &learn.Bags{}, matrix.New(len(numbers), x.dims)
	var record []byte
	for k, i := range numbers {
		size := int(x.ends[i] - x.start(i))
		if cap(record) < size {
			record = make([]byte, 2*size)
		}
		record = record[:size]
		if _, err := x.file.ReadAt(record, x.start(i)); err != nil {
			return nil, nil, fmt.Errorf("tokenlearn: read temporary file of examples: %w", err)
		}
		row := targets.Row(k)
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(record[4*j:]))
		}
		for at := 4 * x.dims; at < size; at += 4 {
			bags.IDs = append(bags.IDs, int32(binary.LittleEndian.Uint32(record[at:])))
		}
		bags.Ends = append(bags.Ends, len(bags.IDs))
	}
	return bags, targets, nil
}

// close removes the file.
func (x *examples) close() {
	x.file.Close()
	os.Remove(x.file.Name())
}
