package tokenizer

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep arrays and objects may nest. serde_json, which
// reads these files for Hugging Face, has the same limit.
const maxDepth = 128

// maxKeys bounds the keys of an object whose fields this package knows. Those
// have ten; the bound keeps a hostile file from making their search slow.
const maxKeys = 1000

// A jsonScanner reads JSON front to back. It exists because a tokenizer.json holds
// a vocabulary of up to 20 MB that encoding/json would turn into one
// allocation a token, and because its errors have to say where they are.
type jsonScanner struct {
	data  []byte // valid UTF-8
	pos   int
	depth int
}

// errorAt returns an error that starts with the line and column of the offset,
// both from 1, columns in characters.
func (s *jsonScanner) errorAt(offset int, format string, args ...any) error {
	line, column := lineColumn(s.data, offset)
	return fmt.Errorf("%d:%d: %w", line, column, fmt.Errorf(format, args...))
}

func lineColumn(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	line = bytes.Count(before, []byte{'\n'}) + 1
	start := bytes.LastIndexByte(before, '\n') + 1
	return line, utf8.RuneCount(before[start:]) + 1
}

// unexpected returns the error for a byte that does not belong where it is.
func (s *jsonScanner) unexpected(want string) error {
	if s.pos >= len(s.data) {
		return s.errorAt(s.pos, "want %s, found the end of the file", want)
	}
	r, _ := utf8.DecodeRune(s.data[s.pos:])
	return s.errorAt(s.pos, "want %s, found %q", want, r)
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *jsonScanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *jsonScanner) expect(c byte, want string) error {
	if s.peek() != c || s.pos >= len(s.data) {
		return s.unexpected(want)
	}
	s.pos++
	return nil
}

// null consumes a null if one is next.
func (s *jsonScanner) null() bool {
	if s.peek() == 'n' && bytes.HasPrefix(s.data[s.pos:], []byte("null")) {
		s.pos += 4
		return true
	}
	return false
}

// object reads an object and calls value for each key with the scanner at the
// value, which value has to consume.
func (s *jsonScanner) object(value func(key string, offset int) error) error {
	keys := 0
	return s.members('{', '}', "an object", func() error {
		s.peek()
		offset := s.pos
		if keys++; keys > maxKeys {
			return s.errorAt(offset, "object of more than %d keys", maxKeys)
		}
		key, err := s.string()
		if err != nil {
			return err
		}
		if err := s.expect(':', "':' after a key"); err != nil {
			return err
		}
		return value(key, offset)
	})
}

// array reads an array and calls element at each element.
func (s *jsonScanner) array(element func() error) error {
	return s.members('[', ']', "an array", element)
}

// members reads what array and object have in common: brackets and commas.
func (s *jsonScanner) members(open, end byte, want string, member func() error) error {
	if err := s.expect(open, want); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.errorAt(s.pos-1, "nested deeper than %d", maxDepth)
	}
	defer func() { s.depth-- }()
	if s.peek() == end {
		s.pos++
		return nil
	}
	for {
		if err := member(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case end:
			s.pos++
			return nil
		default:
			return s.unexpected(fmt.Sprintf("',' or %q", end))
		}
	}
}

// raw reads one value of any kind and returns a copy of its bytes.
func (s *jsonScanner) raw() ([]byte, error) {
	s.peek()
	start := s.pos
	if err := s.skip(); err != nil {
		return nil, err
	}
	return bytes.Clone(s.data[start:s.pos]), nil
}

// skip reads one value of any kind and checks its grammar.
func (s *jsonScanner) skip() error {
	switch c := s.peek(); {
	case c == '{':
		return s.members('{', '}', "an object", func() error {
			s.peek()
			if err := s.skipString(); err != nil {
				return err
			}
			if err := s.expect(':', "':' after a key"); err != nil {
				return err
			}
			return s.skip()
		})
	case c == '[':
		return s.array(s.skip)
	case c == '"':
		return s.skipString()
	case c == '-' || '0' <= c && c <= '9':
		_, err := s.number()
		return err
	default:
		for _, word := range []string{"null", "true", "false"} {
			if bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
				s.pos += len(word)
				return nil
			}
		}
		return s.unexpected("a value")
	}
}

// skipString checks a string without decoding it. Like serde_json it accepts
// half of a surrogate pair where nobody reads the string.
func (s *jsonScanner) skipString() error {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return s.unexpected("a string")
	}
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c < ' ':
			return s.errorAt(s.pos, "control character %q in a string", c)
		case c == '\\':
			if err := s.skipEscape(); err != nil {
				return err
			}
		}
	}
	return s.errorAt(s.pos, "string without an end")
}

// skipEscape checks the escape at the scanner and stops on its last byte.
func (s *jsonScanner) skipEscape() error {
	if s.pos++; s.pos >= len(s.data) {
		return s.errorAt(s.pos, "string without an end")
	}
	switch c := s.data[s.pos]; c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		if _, ok := hex4(s.data[s.pos+1:]); !ok {
			return s.errorAt(s.pos-1, `\u without four hexadecimal digits`)
		}
		s.pos += 4
		return nil
	}
	return s.errorAt(s.pos-1, "invalid escape")
}

// string reads a string.
func (s *jsonScanner) string() (string, error) {
	b, err := s.appendString(nil)
	return string(b), err
}

// appendString reads a string and appends what it stands for to dst. Half of a
// surrogate pair is an error, as it is for Hugging Face: no text contains it.
func (s *jsonScanner) appendString(dst []byte) ([]byte, error) {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return dst, s.unexpected("a string")
	}
	s.pos++
	start := s.pos // of the run of bytes that stand for themselves
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			dst = append(dst, s.data[start:s.pos]...)
			s.pos++
			return dst, nil
		case c < ' ':
			return dst, s.errorAt(s.pos, "control character %q in a string", c)
		case c == '\\':
			dst = append(dst, s.data[start:s.pos]...)
			r, err := s.escape()
			if err != nil {
				return dst, err
			}
			dst = utf8.AppendRune(dst, r)
			start = s.pos
		default:
			s.pos++
		}
	}
	return dst, s.errorAt(s.pos, "string without an end")
}

// escape reads the escape at the scanner, a surrogate pair included.
func (s *jsonScanner) escape() (rune, error) {
	start := s.pos
	if err := s.skipEscape(); err != nil {
		return 0, err
	}
	s.pos++
	if c := s.data[start+1]; c != 'u' {
		return escapes[c], nil
	}
	r, _ := hex4(s.data[start+2:])
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if bytes.HasPrefix(s.data[s.pos:], []byte(`\u`)) {
		if low, ok := hex4(s.data[s.pos+2:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				s.pos += 6
				return pair, nil
			}
		}
	}
	return 0, s.errorAt(start, `\u%04x is half of a surrogate pair`, r)
}

var escapes = [256]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number reads a number and returns its spelling.
func (s *jsonScanner) number() ([]byte, error) {
	start := s.pos
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > from
	}
	next := func(set string) bool {
		if s.pos < len(s.data) && bytes.IndexByte([]byte(set), s.data[s.pos]) >= 0 {
			s.pos++
			return true
		}
		return false
	}
	next("-")
	if !next("0") && !digits() {
		return nil, s.unexpected("a number")
	}
	if next(".") && !digits() {
		return nil, s.unexpected("a digit")
	}
	if next("eE") {
		next("+-")
		if !digits() {
			return nil, s.unexpected("a digit")
		}
	}
	return s.data[start:s.pos], nil
}

// float reads a number that a float64 can hold.
func (s *jsonScanner) float() (float64, error) {
	s.peek()
	start := s.pos
	b, err := s.number()
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, s.errorAt(start, "number %s is out of range", b)
	}
	return f, nil
}

// id reads a token id: a whole number from 0 that fits the int32 of the id
// type. Larger ids than maxID would make a table of ids larger than the file.
func (s *jsonScanner) id() (int, error) {
	s.peek()
	start := s.pos
	b, err := s.number()
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseUint(string(b), 10, 32)
	if err != nil {
		return 0, s.errorAt(start, "%s is not a token id", b)
	}
	if limit := s.maxID(); id > uint64(limit) {
		return 0, s.errorAt(start, "token id %d is above %d, the most for a file of %d bytes", id, limit, len(s.data))
	}
	return int(id), nil
}

// maxID is the highest id a file may use. A table indexed by id is then never
// much larger than the file itself, whatever the file claims.
func (s *jsonScanner) maxID() int { return min(max(1<<20, len(s.data)), math.MaxInt32-1) }

// bool reads true or false.
func (s *jsonScanner) bool() (bool, error) {
	s.peek()
	for _, word := range []string{"true", "false"} {
		if bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
			s.pos += len(word)
			return word == "true", nil
		}
	}
	return false, s.unexpected("true or false")
}
