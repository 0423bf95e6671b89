package onnx

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// window is how much of the file a scanner holds at a time. Tags, names and
// shapes are small and close together; weights are skipped, not read.
const window = 32 << 10

// maxSmall bounds what is read into memory as one value: names, keys, shapes.
const maxSmall = 1 << 20

// errFormat is wrapped by every error that means "these bytes are not ONNX", so
// that Read can name the file once.
var errFormat = errors.New("not an ONNX graph")

// scanner walks the fields of one protobuf message in r, from byte pos up to
// end, and never reads a length-delimited field that nobody asks for.
type scanner struct {
	r        io.ReaderAt
	size     int64 // of the file
	pos, end int64
	buf      []byte // file bytes [at, at+len(buf))
	at       int64
}

// field is one field of a message. For protowire.BytesType, the content is
// size bytes from byte start of the file; else value holds the number's bits.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	value uint64
	start int64
	size  int64
}

// next returns the next field, or ok == false at the message's end.
func (s *scanner) next() (f field, ok bool, err error) {
	if s.pos == s.end {
		return field{}, false, nil
	}
	head, err := s.peek(20) // a tag and a varint are at most 10 bytes each
	if err != nil {
		return field{}, false, err
	}
	num, typ, n := protowire.ConsumeTag(head)
	if n < 0 {
		return field{}, false, s.bad(protowire.ParseError(n))
	}
	f = field{num: num, typ: typ}
	rest := head[n:]
	var m int
	switch typ {
	case protowire.VarintType:
		f.value, m = protowire.ConsumeVarint(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, m = protowire.ConsumeFixed32(rest)
		f.value = uint64(v)
	case protowire.Fixed64Type:
		f.value, m = protowire.ConsumeFixed64(rest)
	case protowire.BytesType:
		f.value, m = protowire.ConsumeVarint(rest)
	default:
		return field{}, false, s.bad(fmt.Errorf("wire type %d", typ))
	}
	if m < 0 {
		return field{}, false, s.bad(protowire.ParseError(m))
	}
	s.pos += int64(n + m)
	if typ == protowire.BytesType {
		left := s.end - s.pos
		if f.value > uint64(left) {
			return field{}, false, fmt.Errorf("%w, or truncated: field %d at byte %d claims %d bytes and %d are left",
				errFormat, num, s.pos, f.value, left)
		}
		f.start, f.size = s.pos, int64(f.value)
		s.pos += f.size
	}
	return f, true, nil
}

func (s *scanner) bad(cause error) error {
	return fmt.Errorf("%w: at byte %d: %w", errFormat, s.pos, cause)
}

// peek returns up to n bytes from pos on, fewer at the message's end.
func (s *scanner) peek(n int64) ([]byte, error) {
	n = min(n, s.end-s.pos)
	if s.pos < s.at || s.pos+n > s.at+int64(len(s.buf)) {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	from := s.pos - s.at
	return s.buf[from : from+n], nil
}

func (s *scanner) fill() error {
	size := min(int64(window), s.size-s.pos)
	if int64(cap(s.buf)) < size {
		s.buf = make([]byte, size)
	}
	s.buf = s.buf[:size]
	s.at = s.pos
	if _, err := io.ReadFull(io.NewSectionReader(s.r, s.pos, size), s.buf); err != nil {
		return fmt.Errorf("read %d bytes at byte %d: %w", size, s.pos, err)
	}
	return nil
}

// into makes s walk the message in f, and returns how to go back to the place
// after it. Messages share the window, so small ones cost no read.
func (s *scanner) into(f field) (back func()) {
	after, end := s.pos, s.end
	s.pos, s.end = f.start, f.start+f.size
	return func() { s.pos, s.end = after, end }
}

// bytes reads the content of f, which must be small.
func (s *scanner) bytes(f field) ([]byte, error) {
	if f.typ != protowire.BytesType {
		return nil, s.bad(fmt.Errorf("field %d has wire type %d", f.num, f.typ))
	}
	if f.size > maxSmall {
		return nil, s.bad(fmt.Errorf("field %d is a text or shape of %d bytes", f.num, f.size))
	}
	defer s.into(f)()
	b := make([]byte, 0, f.size)
	for s.pos < s.end {
		part, err := s.peek(min(s.end-s.pos, window))
		if err != nil {
			return nil, err
		}
		b = append(b, part...)
		s.pos += int64(len(part))
	}
	return b, nil
}

func (s *scanner) text(f field) (string, error) {
	b, err := s.bytes(f)
	return string(b), err
}

// ints appends the integers of a repeated varint field, packed or not.
func (s *scanner) ints(dst []int64, f field) ([]int64, error) {
	if f.typ == protowire.VarintType {
		return append(dst, int64(f.value)), nil
	}
	b, err := s.bytes(f)
	if err != nil {
		return nil, err
	}
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, s.bad(protowire.ParseError(n))
		}
		dst, b = append(dst, int64(v)), b[n:]
	}
	return dst, nil
}

// message calls each for every field of the message in f.
func (s *scanner) message(f field, each func(field) error) error {
	if f.typ != protowire.BytesType {
		return s.bad(fmt.Errorf("field %d has wire type %d", f.num, f.typ))
	}
	defer s.into(f)()
	for {
		sub, ok, err := s.next()
		if err != nil || !ok {
			return err
		}
		if err := each(sub); err != nil {
			return err
		}
	}
}
