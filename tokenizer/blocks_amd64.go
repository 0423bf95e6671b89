//go:build !purego

package tokenizer

import "golang.org/x/sys/cpu"

// hasBlocks tells whether the processor takes blocks of 64 bytes at once.
var hasBlocks = cpu.X86.HasAVX2 && cpu.X86.HasBMI1

// classify returns a bit for each of 64 bytes, as byteClasses.find does.
//
//go:noescape
func classify(table *blockTable, text *byte) (words, alone uint64)

// pushWords fills list with the stretches that start at the bits of starts, as many as there are:
// each ends at the next bit of outside, or at the block's end. text is the block, which lies at at,
// with maxCached bytes readable after it. Places in lines, which may be nil, are asked for.
//
//go:noescape
func pushWords(list *stretch, text *byte, at int, starts, outside uint64, lines *cacheLine, shift int)

// copyKnown writes to dst what wordCache.appendKnown appends, and returns of how many words, and how
// many ids. Room in dst is for halfIDs+1 ids of each of the n stretches, n > 0.
//
//go:noescape
func copyKnown(list *stretch, n int, lines *cacheLine, shift int, dst *int32) (words, ids int)

// asciiBlocks returns how many bytes of s come before its first block of 32 with one beyond ASCII.
//
//go:noescape
func asciiBlocks(s *byte, blocks int) (n int)

// copyPrintable copies blocks of 32 bytes up to the first that is not all in ' '…'~', and returns
// how many bytes these are. Capitals are copied with the bits of lower.
//
//go:noescape
func copyPrintable(to, s *byte, blocks int, lower byte) (n int)
