package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/m2v-dev/m2v/sentencepiece"
)

// writePieces is the script command `pieces MODEL FILE`: it writes vectors of two
// dimensions for the pieces of a sentencepiece model, in word2vec's text form.
func writePieces(ts *testscript.TestScript, _ bool, args []string) {
	m, err := sentencepiece.Open(args[0])
	ts.Check(err)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d 2\n", len(m.Pieces()))
	for i, piece := range m.Pieces() {
		fmt.Fprintf(&b, "%s %d %d\n", piece, i%7-3, i%5-2)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}
