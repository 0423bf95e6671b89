// Package cachekey makes the keys of results that m2v keeps between runs: the rows of a
// teacher's vocabulary, and scores.
//
// A key is the SHA-256 of all that a result depends on. What every result depends on is
// here, in one place: the program, the way from texts to vectors, and the library that
// multiplies. The rest is added by name.
package cachekey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// EncoderRevision is part of every key. It goes up whenever a change of the program may
// change the vectors that a model gives to texts or tokens, in the last bit too.
const EncoderRevision = 1

// An Engine is what computes.
type Engine struct {
	Program string // m2v's version
	// Library names what multiplies matrices and runs graphs, with its version, such as
	// "onnxruntime 1.22.0"; "" is Go alone.
	Library string
}

// A Key collects what a result depends on. What is written to it becomes part of it too.
type Key struct{ h hash.Hash }

// New begins the key of a kind of result, such as "rows" or "score". revision goes up
// whenever a change of the program changes such results.
func (e Engine) New(kind string, revision int) *Key {
	k := &Key{sha256.New()}
	k.Add("m2v", kind, revision)
	k.Add("engine", e.Program, EncoderRevision, e.Library)
	return k
}

// Add makes a fact part of the key: its name and values. No two different lists of facts
// make the same key.
func (k *Key) Add(name string, values ...any) {
	fmt.Fprintf(k.h, "%q", name)
	for _, v := range values {
		fmt.Fprintf(k.h, " %q", fmt.Sprint(v))
	}
	fmt.Fprintln(k.h)
}

// Write makes the bytes of p part of the key, as they are. It always succeeds.
func (k *Key) Write(p []byte) (int, error) { return k.h.Write(p) }

// String returns the key, 64 hexadecimal digits.
func (k *Key) String() string { return hex.EncodeToString(k.h.Sum(nil)) }

var _ io.Writer = (*Key)(nil)
