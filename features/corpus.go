package features

import "io"

// Corpus is a stream of texts. A texts.Reader is one.
type Corpus interface {
	// Next puts the next texts into batch and returns how many, at least one. It
	// returns 0 and io.EOF after the last.
	Next(batch []string) (int, error)
}

// Strings returns a corpus of the texts of a list.
func Strings(texts []string) Corpus { return &list{texts} }

type list struct{ left []string }

func (s *list) Next(batch []string) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(batch, s.left)
	s.left = s.left[n:]
	return n, nil
}
