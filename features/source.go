package features

import (
	"context"

	"github.com/m2v-dev/m2v/matrix"
)

// Source streams texts with their vectors, in the order of the corpus. Every
// pass gives the same. Store and Foreign are sources.
type Source interface {
	// Len returns N, the number of texts.
	Len() int
	// Width returns H.
	Width() int
	// Each calls visit with batches of consecutive texts: first is the number of
	// texts before the batch, row i of y the vector of texts[i]. Both are valid
	// until visit returns. An error of visit ends the pass and comes back as it is.
	Each(ctx context.Context, visit func(first int, texts []string, y *matrix.Matrix) error) error
	// Texts is Each without the vectors, which it does not read where it can.
	Texts(ctx context.Context, visit func(first int, texts []string) error) error
}
