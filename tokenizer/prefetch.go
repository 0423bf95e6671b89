//go:build (amd64 || arm64) && !purego

package tokenizer

// prefetch asks for a line without waiting for it. A plain load in its place does wait, as the
// processor retires instructions in order.
//
//go:noescape
func prefetch(at *cacheLine)
