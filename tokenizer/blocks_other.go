//go:build !amd64 || purego

package tokenizer

const hasBlocks = false

func classify(*blockTable, *byte) (words, alone uint64) { return 0, 0 }

func pushWords(*stretch, *byte, int, uint64, uint64, *cacheLine, int) {}
