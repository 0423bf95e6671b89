package texts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// lines splits an input at line feeds. A line of any length takes at most max
// bytes and one buffer's of memory.
type lines struct {
	in   *bufio.Reader
	max  int
	buf  []byte // a line that did not fit in's own buffer
	line int64  // number of the last line returned
	skip bool   // the rest of the last line is still to be passed over
}

// read returns the next line without its end, until the next call. It returns
// io.EOF after the last; an input's final line feed starts no line.
func (l *lines) read() ([]byte, error) {
	for l.skip {
		_, err := l.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		l.skip = err != nil
	}
	l.buf = l.buf[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && err != io.EOF && !full {
			l.line++
			return nil, err
		}
		if len(l.buf) == 0 && len(part) == 0 {
			return nil, err
		}
		if size := len(l.buf) + len(part); size > l.max+2 || size > l.max && len(l.buf)+len(bytes.TrimRight(part, "\r\n")) > l.max {
			l.line++
			l.skip = full
			return nil, bad{fmt.Errorf("%w: more than %d bytes", ErrTooLong, l.max)}
		}
		if full || len(l.buf) > 0 {
			l.buf = append(l.buf, part...)
			part = l.buf
		}
		if full {
			continue
		}
		l.line++
		if cut := len(part) - 1; part[cut] == '\n' {
			part = part[:cut]
			if cut > 0 && part[cut-1] == '\r' {
				part = part[:cut-1]
			}
		}
		return part, nil
	}
}

func (l *lines) next() (string, int64, error) {
	line, err := l.read()
	return string(line), l.line, err
}

func (l *lines) kept(dst []json.RawMessage) []json.RawMessage { return dst }
