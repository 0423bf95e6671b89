package tokenizer

import "errors"

type regex struct{}
type regexScratch struct{}
type matches struct{ start, end int }

func compileRegex(string) (*regex, error)                     { return nil, errors.New("regexes are not implemented") }
func (r *regex) matches(text []byte, sc *regexScratch) *matches { return nil }
func (m *matches) next() bool                                  { return false }
