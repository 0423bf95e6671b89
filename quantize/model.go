package quantize

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// Options say how a model is made smaller.
type Options struct {
	Type     matrix.Type // of the new rows
	Dims     int         // the first dimensions that are kept, 1 to D; 0 for all
	Clusters int         // rows that tokens share, 1 to V; 0 leaves each token its own
	Seed     uint64      // of Clusters
}

// Switches are the options that change the rows of m, by the names of the command line's flags,
// as a manifest has them.
func (o Options) Switches(m *static.Model) map[string]any {
	switches := map[string]any{}
	if o.Type != m.Table().Type {
		switches["quantize-to"] = o.Type.String()
	}
	if o.Dims > 0 {
		switches["dims"] = o.Dims
	}
	if o.Clusters > 0 {
		switches["vocabulary-quantization"], switches["seed"] = o.Clusters, o.Seed
	}
	return switches
}

// An OverflowError says that a type cannot hold a row: a value would become infinite, or a
// bound.
type OverflowError struct {
	Type matrix.Type
	Row  int
}

// Error names the row.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("quantize: row %d has a value beyond what %s holds", e.Row, e.Type)
}

// Hint is the next step.
func (e *OverflowError) Hint() string { return "--quantize-to float32 holds them" }

// maxFloat16 is the largest number that rounds to a finite float16, exclusive. Int8 goes
// through float16, as the reference does.
const maxFloat16 = 65520

// Fits tells whether type t holds the values of m: an *OverflowError names the first row
// that it does not hold. Values that are NaN or infinite do not fit any type.
func Fits(m *matrix.Matrix, t matrix.Type) error {
	bound := float32(math.MaxFloat32)
	if t == matrix.Float16 || t == matrix.Int8 {
		bound = math.Nextafter32(maxFloat16, 0)
	}
	for i, v := range m.Data {
		if !(v <= bound && v >= -bound) {
			return &OverflowError{t, i / m.Cols}
		}
	}
	return nil
}

// Store returns the storage form of m in type t or, where t does not hold its values, in
// float32; changed is the *OverflowError then. Values that are NaN or infinite are an error.
func Store(m *matrix.Matrix, t matrix.Type) (table *matrix.Table, changed, err error) {
	if changed = Fits(m, t); changed != nil {
		if t = matrix.Float32; Fits(m, t) != nil {
			return nil, nil, Fits(m, t)
		}
	}
	return Table(m, t), changed, nil
}

// ErrShared says that the tokens of a model share rows already: clusters of clusters would
// have weights that fit neither.
var ErrShared = errors.New("tokens of the model share rows already: cluster the model that it was made from")

// Model makes a smaller model of m, which is not changed: first fewer dimensions, then
// fewer rows, then another type, so that each works on what is left. Config and
// tokenizer stay. Before rows are shared, their norms become the tokens' weights, unless
// m has weights.
//
// Options out of range, ErrShared and an *OverflowError are errors.
func Model(ctx context.Context, m *static.Model, o Options) (*static.Model, error) {
	rows := m.Table().Matrix() // K×D
	switch {
	case o.Dims < 0 || o.Dims > rows.Cols:
		return nil, fmt.Errorf("quantize: keep %d of %d dimensions: need 0 to all", o.Dims, rows.Cols)
	case o.Clusters < 0:
		return nil, fmt.Errorf("quantize: %d clusters: need 0 or more", o.Clusters)
	case o.Clusters > 0 && m.Mapping() != nil:
		return nil, fmt.Errorf("quantize: %w", ErrShared)
	}
	if o.Dims > 0 {
		rows = matrix.FirstColumns(rows, o.Dims) // K×Dims
	}
	weights, mapping := m.Weights(), m.Mapping()
	if o.Clusters > 0 {
		if weights == nil {
			weights = takeNorms(rows)
		}
		var err error
		if rows, mapping, err = Vocabulary(ctx, rows, o.Clusters, o.Seed); err != nil { // Clusters×Dims
			return nil, err
		}
	}
	if err := Fits(rows, o.Type); err != nil {
		return nil, err
	}
	file, err := m.TokenizerFile()
	if err != nil {
		return nil, err
	}
	return static.New(file, Table(rows, o.Type), weights, mapping, m.Config())
}

// takeNorms divides each row by its norm and returns the norms: what a token
// weighs must not decide which tokens share a row. A zero row stays.
//
// Source: quantize_vocabulary in model2vec's vocabulary_quantization.py.
func takeNorms(m *matrix.Matrix) []float64 {
	norms := make([]float64, m.Rows)
	for i := range norms {
		row := m.Row(i)
		norms[i] = matrix.Norm(row) + 1e-32
		for j, v := range row {
			row[j] = float32(float64(v) / norms[i])
		}
	}
	return norms
}

// Bytes is the size of a model's rows, weights and mapping as they are stored.
func Bytes(m *static.Model) int {
	return len(m.Table().Bytes) + 8*len(m.Weights()) + 4*len(m.Mapping())
}
