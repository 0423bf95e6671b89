package features

import (
	"context"

	"github.com/m2v-dev/m2v/matrix"
)

// Encoder is a teacher that turns texts into vectors.
type Encoder interface {
	// Encode writes the vector of texts[i] to row i of dst, len(texts)×Width().
	// Write calls it with texts of one shard only, short ones first.
	Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error
	// Width returns H.
	Width() int
	// Teacher says what decides the vectors.
	Teacher() Teacher
}

// Teller is an Encoder that tells how far a call has come.
type Teller interface {
	// EncodeTelling is Encode that tells progress how many of the texts are done,
	// from one goroutine at a time.
	EncodeTelling(ctx context.Context, texts []string, dst *matrix.Matrix, progress func(done int)) error
}

// Teacher identifies what made the vectors. Two teachers that are equal give
// the same vectors for the same texts.
type Teacher struct {
	Name     string `json:"name,omitempty"`     // a Hub id; never a path
	Revision string `json:"revision,omitempty"` // a commit on the Hub
	// SHA256 are the files that vectors depend on, such as onnx/model.onnx and
	// tokenizer.json, by their names in the teacher's folder, in hexadecimal.
	SHA256 map[string]string `json:"sha256,omitempty"`
	// Settings are what else decides the vectors, by name: pooling, modules,
	// prompt, max_length.
	Settings map[string]string `json:"settings,omitempty"`
	// Tokenizer is the SHA-256 of the tokenizer that the vocabulary's rows are of.
	Tokenizer string `json:"tokenizer_sha256,omitempty"`
}
