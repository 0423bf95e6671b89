package features

import "io"

// Corpus is a stream of texts. A texts.Reader is one.
type Corpus interface {
	// Next puts the next texts into batch and returns how many, at least one. It
	// returns 0 and io.EOF after the last.
	Next(batch []string) (int, error)
}

// Strings returns a corpus of the texts of a list.
func Strings(list []string) Corpus { return &strings{list} }

type strings struct{ left []string }

func (s *strings) Next(batch []string) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(batch, s.left)
	s.left = s.left[n:]
	return n, nil
}
