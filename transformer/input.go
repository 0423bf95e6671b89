package transformer

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/matrix"
)

// Source is where the rows of a vocabulary come from.
type Source string

// The sources.
const (
	Output Source = "output" // the teacher's forward pass
	Input  Source = "input"  // its table of input embeddings: nothing is run
)

// String returns the name.
func (s Source) String() string { return string(s) }

// Set parses a name, so that a *Source is a command-line flag.
func (s *Source) Set(name string) error {
	switch known := Source(name); known {
	case Output, Input:
		*s = known
		return nil
	}
	return fmt.Errorf("source %q is not one of %s, %s", name, Output, Input)
}

// Type names the flag's kind of value in help texts.
func (s *Source) Type() string { return "source" }

// InputTable is the teacher's own table of input embeddings, which the graph looks
// ids up in before anything else, widened row by row whatever it is stored as. It
// gives rows without running the teacher. It is not safe for concurrent use.
type InputTable struct {
	file       string
	rows, cols int
	table      *onnx.Table
	stats      Stats
}

// OpenInputTable opens the table that input_ids index. It returns an error if the
// graph has none that can be followed.
func (i *Info) OpenInputTable() (*InputTable, error) {
	if i.table == nil {
		return nil, fmt.Errorf("transformer: %s: no table that input_ids index was found", i.File)
	}
	table, err := i.table.Open()
	if err != nil {
		return nil, err
	}
	return &InputTable{file: i.File, rows: i.table.Rows, cols: i.table.Cols, table: table}, nil
}

// Width returns the length of a row, which need not be the teacher's H: some
// teachers widen their embeddings.
func (t *InputTable) Width() int { return t.cols }

// Rows returns the number of rows: ids are below it.
func (t *InputTable) Rows() int { return t.rows }

// Row writes row id, in [0, Rows), to dst, which has length Width.
func (t *InputTable) Row(id int, dst []float32) error { return t.table.Row(id, dst) }

// Embed writes the mean of the rows of each sequence's ids to the row of dst
// (len(ids)×Width) of the same index. progress, which may be nil, is told how many
// sequences are done. Values written are finite.
func (t *InputTable) Embed(ctx context.Context, ids [][]int, dst *matrix.Matrix, progress func(done int)) error {
	if dst.Rows != len(ids) || dst.Cols != t.cols {
		return errShape
	}
	row, sum := make([]float32, t.cols), make([]float64, t.cols)
	for n, sequence := range ids {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress(n)
			}
		}
		clear(sum)
		for _, id := range sequence {
			if id < 0 || id >= t.rows {
				return &IDError{File: t.file, ID: id, Rows: t.rows, Sequence: n}
			}
			if err := t.Row(id, row); err != nil {
				return err
			}
			for j, v := range row {
				sum[j] += float64(v)
			}
		}
		for j, v := range sum {
			dst.Row(n)[j] = float32(v / float64(max(len(sequence), 1)))
		}
		t.stats.count(makeFinite(dst.Row(n)))
	}
	if progress != nil {
		progress(len(ids))
	}
	return nil
}

// Replaced returns the number of rows so far in which NaN or infinite values were
// replaced.
func (t *InputTable) Replaced() int { return t.stats.NonFiniteRows }

// RunWarnings returns what a user should know of the rows that Embed has made.
func (t *InputTable) RunWarnings() []string { return t.stats.warnings() }

// Close releases the file.
func (t *InputTable) Close() error { return t.table.Close() }
