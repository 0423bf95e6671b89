package texts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// jsonLines takes a string from each line's JSON.
type jsonLines struct {
	lines
	field string
	keep  []string
	found [][]byte // of keep, in the last line; they alias it
}

func newJSONLines(l lines, o Options) *jsonLines {
	return &jsonLines{lines: l, field: o.Field, keep: o.Keep, found: make([][]byte, len(o.Keep))}
}

func (j *jsonLines) next() (string, int64, error) {
	for {
		line, err := j.read()
		if err != nil {
			return "", j.line, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		text, err := j.textOf(line)
		if err != nil {
			err = bad{err}
		}
		return text, j.line, err
	}
}

func (j *jsonLines) kept(dst []json.RawMessage) []json.RawMessage {
	for _, value := range j.found {
		if string(value) == "null" {
			value = nil
		}
		dst = append(dst, bytes.Clone(value))
	}
	return dst
}

// textOf returns the string that a line's JSON is, or that its object has in the
// field. Where an object has a field twice, the last counts, as in Python.
func (j *jsonLines) textOf(line []byte) (string, error) {
	field := j.field
	if !utf8.Valid(line) { // encoding/json would put U+FFFD in its place
		return "", errors.New("not valid UTF-8")
	}
	clear(j.found)
	s := scanner{data: line, field: field, keep: j.keep, kept: j.found}
	value, err := s.line()
	if err != nil {
		return "", fmt.Errorf("not JSON: %w", err)
	}
	what := "the line"
	if line[0] == '{' {
		if what = fmt.Sprintf("field %q", field); value == nil {
			return "", fmt.Errorf("no %s", what)
		}
	}
	if value[0] != '"' {
		return "", fmt.Errorf("%s is not a string: %.20s", what, value)
	}
	return unquote(value), nil
}

// scanner finds a field of one JSON value and checks all the rest on the way.
// It exists for its speed: decoding each object whole with encoding/json took
// longer than encoding its text. FuzzTextOf holds it to encoding/json's word.
type scanner struct {
	data  []byte
	at    int
	field string
	found []byte // the field's value; nil if it has not come up
	keep  []string
	kept  [][]byte // the values of keep
}

// maxDepth is how deep values may nest, as in encoding/json.
const maxDepth = 10000

var errJSONEnd = errors.New("unexpected end of JSON input")

// line reads the whole line: a value, and nothing after it. It returns the
// field's value, nil if the object has none, or all of what is no object.
func (s *scanner) line() ([]byte, error) {
	if err := s.value(1); err != nil {
		return nil, err
	}
	if s.space(); s.at < len(s.data) {
		return nil, s.unexpected("after the value")
	}
	if s.data[0] == '{' {
		return s.found, nil
	}
	return s.data, nil
}

func (s *scanner) unexpected(where string) error {
	if s.at >= len(s.data) {
		return errJSONEnd
	}
	r, _ := utf8.DecodeRune(s.data[s.at:])
	return fmt.Errorf("unexpected %q %s, at byte %d", r, where, s.at+1)
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.at >= len(s.data) {
		return 0
	}
	return s.data[s.at]
}

// value passes over one value, which starts at s.at.
func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return errors.New("nested too deep")
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		return s.string()
	case c == '-' || isDigit(c):
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.data[s.at:], []byte(word)) {
			s.at += len(word)
			return nil
		}
	}
	return s.unexpected("where a value is due")
}

func (s *scanner) object(depth int) error {
	s.at++
	if s.space(); s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		start := s.at
		if s.peek() != '"' {
			return s.unexpected("where a key is due")
		}
		if err := s.string(); err != nil {
			return err
		}
		key := s.data[start:s.at]
		if s.space(); s.peek() != ':' {
			return s.unexpected("after a key")
		}
		s.at++
		s.space()
		start = s.at
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if depth == 1 {
			s.take(key, s.data[start:s.at])
		}
		if s.space(); s.peek() == '}' {
			s.at++
			return nil
		}
		if s.peek() != ',' {
			return s.unexpected("in an object")
		}
		s.at++
		s.space()
	}
}

// take remembers the value of a quoted key, if it is wanted.
func (s *scanner) take(quoted, value []byte) {
	if is(quoted, s.field) {
		s.found = value
	}
	for i, name := range s.keep {
		if is(quoted, name) {
			s.kept[i] = value
		}
	}
}

// is reports whether a quoted key is a field.
func is(quoted []byte, field string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == field
	}
	return unquote(quoted) == field
}

func (s *scanner) array(depth int) error {
	s.at++
	if s.space(); s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if s.space(); s.peek() == ']' {
			s.at++
			return nil
		}
		if s.peek() != ',' {
			return s.unexpected("in an array")
		}
		s.at++
		s.space()
	}
}

func (s *scanner) string() error {
	for s.at++; ; {
		s.at += plainLen(s.data[s.at:])
		switch s.peek() {
		case '"':
			s.at++
			return nil
		case '\\':
			s.at++
			if err := s.escape(); err != nil {
				return err
			}
		default:
			return s.unexpected("in a string")
		}
	}
}

func (s *scanner) escape() error {
	if s.at < len(s.data) && bytes.IndexByte([]byte(`"\/bfnrt`), s.data[s.at]) >= 0 {
		s.at++
		return nil
	}
	if s.peek() != 'u' {
		return s.unexpected(`after \ in a string`)
	}
	for range 4 {
		s.at++
		if c := s.peek() | 0x20; !isDigit(s.peek()) && (c < 'a' || c > 'f') {
			return s.unexpected(`in \u of a string`)
		}
	}
	s.at++
	return nil
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.peek() == '.' {
		s.at++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if s.peek()|0x20 == 'e' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return nil
}

// digits passes over one or more.
func (s *scanner) digits() error {
	if !isDigit(s.peek()) {
		return s.unexpected("in a number")
	}
	for isDigit(s.peek()) {
		s.at++
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
