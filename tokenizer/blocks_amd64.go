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
