//go:build !amd64 || purego

package tokenizer

const hasBlocks = false

func classify(*blockTable, *byte) (words, alone uint64) { return 0, 0 }

func pushWords(*stretch, *byte, int, uint64, uint64, *cacheLine, int) {}

func asciiBlocks(*byte, int) int { return 0 }

func copyPrintable(*byte, *byte, int, byte) int { return 0 }

func copyKnown(*stretch, int, *cacheLine, int, *int32) (words, ids int) { return 0, 0 }
