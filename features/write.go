package features

import (
	"context"
	"errors"

	"github.com/m2v-dev/m2v/matrix"
)

// Options say how Write lays out a folder.
type Options struct {
	ShardTexts int         // texts per shard
	BatchTexts int         // texts per call of the encoder
	Type       matrix.Type // of the vectors: Float32 or Float16
	Version    string      // of the tool, for the manifest

	// Rows, if not nil, makes the teacher's rows of its vocabulary. It is called
	// only if the folder has none.
	Rows func(ctx context.Context) (*Rows, error)
	// Progress, if not nil, is told after each batch how many texts have a vector,
	// those of earlier runs included.
	Progress func(texts int)
}

// DefaultOptions are shards of 4,096 texts of float32.
func DefaultOptions() Options {
	return Options{ShardTexts: 4096, BatchTexts: 512, Type: matrix.Float32}
}

// Write makes the folder dir of the vectors that e gives for the texts of
// corpus, or goes on with one that an earlier run has begun.
//
// Texts of white space alone are dropped, and so are duplicates within a shard.
// A folder of another corpus, teacher, width or other options is refused with
// ErrOther and stays as it is; a shard that is missing or damaged is made anew. A
// second process in the same folder gets ErrBusy.
func Write(ctx context.Context, dir string, corpus Corpus, e Encoder, o Options) (*Manifest, error) {
	return nil, errors.New("features: write: not built yet")
}

// What stands in the way of writing to a folder.
var (
	ErrOther = errors.New("the folder holds other features")
	ErrBusy  = errors.New("another process writes there")
)
