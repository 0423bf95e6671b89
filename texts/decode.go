package texts

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

const buffer = 64 << 10 // bytes

// maxWindow is the memory that a zstd stream may ask for: what the zstd command
// takes without --long=28 or more.
const maxWindow = 128 << 20

// decoded decompresses what starts like gzip or zstd, which no UTF-8 text does,
// drops a byte order mark, and refuses by name what is not UTF-8 text at first
// sight.
func (in *input) decoded(r io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(r, buffer)
	compressed := false
	start, _ := text.Peek(4) // an error comes again with the first read
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, err
		}
		text, compressed = bufio.NewReaderSize(z, buffer), true
	case bytes.Equal(start, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(text, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		in.zstd = z
		text, compressed = bufio.NewReaderSize(z, buffer), true
	}
	_, _ = text.Peek(4)
	start, _ = text.Peek(min(text.Buffered(), 4096)) // no more: a person may be typing it
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		_, err := text.Discard(3)
		return text, err
	}
	if err := notText(start); err != nil {
		if compressed {
			err = fmt.Errorf("decompressed, %w", err)
		}
		return nil, err
	}
	return text, nil
}

// magic are the first bytes of files that are often given for texts.
var magic = []struct{ start, is string }{
	{"PAR1", "it is a Parquet file (name the format, or give it the suffix .parquet)"},
	{lfsPointer, "it is a Git LFS pointer, not the file that it stands for: run git lfs pull"},
	{"\xff\xfe\x00\x00", "it is UTF-32, not UTF-8"},
	{"\x00\x00\xfe\xff", "it is UTF-32, not UTF-8"},
	{"\xff\xfe", "it is UTF-16, not UTF-8"},
	{"\xfe\xff", "it is UTF-16, not UTF-8"},
	{"\x1f\x8b", "it is compressed with gzip once more"},
	{"\x28\xb5\x2f\xfd", "it is compressed with zstd once more"},
	{"BZh91AY", "it is compressed with bzip2: use gzip or zstd"},
	{"\xfd7zXZ", "it is compressed with xz: use gzip or zstd"},
	{"PK\x03\x04", "it is a zip archive: unpack it"},
	{"%PDF-", "it is a PDF document"},
}

// lfsPointer is how the file starts that Git has in place of a large one.
const lfsPointer = "version https://git-lfs."

// notText tells, by the first bytes of an input, what it is if it is not UTF-8 text.
func notText(start []byte) error {
	for _, m := range magic {
		if bytes.HasPrefix(start, []byte(m.start)) {
			return errors.New(m.is)
		}
	}
	var zeros [2]int // at even and at odd positions
	for i, b := range start {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(start) / 2
	switch {
	case zeros[0]+zeros[1] == 0:
	case zeros[1] > half*2/5 && zeros[0] < half/5, zeros[0] > half*2/5 && zeros[1] < half/5:
		return errors.New("it is UTF-16, not UTF-8")
	default:
		return errors.New("it is binary, not text")
	}
	if odd, all := strange(start); all >= 32 && odd*10 > all*3 {
		return errors.New("it is binary, or text of another encoding than UTF-8")
	}
	return nil
}

// strange counts the characters that are control characters or no UTF-8, and all.
func strange(text []byte) (odd, all int) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			odd++
		}
		all++
		text = text[n:]
	}
	return odd, all
}
