package features

import "github.com/m2v-dev/m2v/matrix"

// RowsName is the name of the file of the vocabulary's rows.
const RowsName = "rows.safetensors"

// Rows are a teacher's rows of its vocabulary.
type Rows struct {
	Tokens []string       // V tokens, as the tokenizer spells them, in the order of the rows
	Matrix *matrix.Matrix // V×H
}
