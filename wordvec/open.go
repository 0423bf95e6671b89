package wordvec

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

// Open reads the file at path, which may be gzip-compressed, as Read does.
func Open(path string, f Format) (*Vectors, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("wordvec: %w", err)
	}
	defer file.Close()
	var in io.Reader = bufio.NewReader(file)
	if head, _ := in.(*bufio.Reader).Peek(2); string(head) == "\x1f\x8b" {
		if in, err = gzip.NewReader(in); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	v, err := Read(in, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}
