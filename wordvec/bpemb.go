package wordvec

import (
	"fmt"
	"strings"
	"unicode"
)

// Pieces is the tokenizer of BPEmb: lower case, every decimal digit a 0, then the
// pieces of a sentencepiece model, whose ids are the numbers of rows. A run of
// characters that the model lacks is one piece, <unk>, and has a row like any other.
//
// Source: BPEmb.preprocess and BPEmb.embed of bpemb 0.3.6.
type Pieces struct{ Model PieceModel }

// A PieceModel is a sentencepiece model.
type PieceModel interface {
	// AppendIDs appends the ids of text's pieces to dst.
	AppendIDs(dst []int32, text string) []int32
}

// AppendRows implements Tokenizer.
func (p Pieces) AppendRows(dst []int32, text string) []int32 {
	return p.Model.AppendIDs(dst, strings.Map(zeroDigit, PythonLower(text)))
}

func zeroDigit(r rune) rune {
	if unicode.Is(unicode.Nd, r) {
		return '0'
	}
	return r
}

// CheckPieces compares the words of a file of vectors with the pieces of the model
// that they belong to: a piece's id is its row, so that both must be the same.
func (v *Vectors) CheckPieces(pieces []string) error {
	for i := range min(len(pieces), len(v.Words)) {
		if pieces[i] != v.Words[i] {
			return fmt.Errorf("wordvec: vector %d is that of %q, piece %d of the model is %q: the two files do not belong together", i, v.Words[i], i, pieces[i])
		}
	}
	if len(pieces) != len(v.Words) {
		return fmt.Errorf("wordvec: %d vectors, and the model has %d pieces: the two files do not belong together", len(v.Words), len(pieces))
	}
	return nil
}
