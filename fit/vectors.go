package fit

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/matrix"
)

// Vectors are one teacher's vectors of the texts, N×H, read in batches from
// wherever they are.
type Vectors interface {
	// Len returns N and Width returns H.
	Len() int
	Width() int
	// Read fills y (n×H) with the vectors of texts first … first+n−1. A solve reads
	// from the first text to the last in batches of BatchTexts, three times, from
	// one goroutine. y is the caller's.
	Read(ctx context.Context, first int, y *matrix.Matrix) error
}

// BatchTexts is how many vectors a solve reads at a time. It is a constant because
// sums over a batch are rounded: with it, results do not depend on how vectors are
// cut into files.
const BatchTexts = 2048

// InMemory makes Vectors of a matrix (N×H), which it does not change.
func InMemory(y *matrix.Matrix) Vectors { return inMemory{y} }

type inMemory struct{ y *matrix.Matrix }

func (v inMemory) Len() int   { return v.y.Rows }
func (v inMemory) Width() int { return v.y.Cols }

func (v inMemory) Read(_ context.Context, first int, y *matrix.Matrix) error {
	if first < 0 || first+y.Rows > v.y.Rows || y.Cols != v.y.Cols {
		return fmt.Errorf("fit: read %d×%d vectors from %d of %d×%d", y.Rows, y.Cols, first, v.y.Rows, v.y.Cols)
	}
	copy(y.Data, v.y.Data[first*y.Cols:])
	return nil
}
