//go:build !(amd64 || arm64) || purego

package tokenizer

func prefetch(*cacheLine) {}
