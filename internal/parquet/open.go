package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
)

// File is an open Parquet file.
type File struct {
	*parquet.File
}

// OpenFile opens f, which must be a regular file, and must stay open.
func OpenFile(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return Open(f, info.Size())
}

// Open opens a file of size bytes. It refuses a footer or a page that claims to
// be longer than the file or than maxPage. Its errors do not name the file.
func Open(r io.ReaderAt, size int64) (file *File, err error) {
	defer Recover(&err)
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	p := &patched{ReaderAt: r}
	opened, err := parquet.OpenFile(p, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	if err := p.scan(opened.Metadata(), size); err != nil {
		return nil, fmt.Errorf("corrupt Parquet file: %w", err)
	}
	return &File{opened}, nil
}

// checkFooter refuses a footer that claims to be longer than the file: the
// library would allocate what it claims.
func checkFooter(r io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return errors.New("not a Parquet file: it is too short")
	}
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return err
	}
	switch string(end[4:]) {
	case "PAR1":
	case "PARE":
		return errors.New("the Parquet file is encrypted")
	default:
		return errors.New("not a Parquet file, or one that was cut short: it does not end in PAR1")
	}
	if footer := int64(binary.LittleEndian.Uint32(end[:])); footer > size-12 {
		return fmt.Errorf("corrupt Parquet file: a footer of %d bytes in a file of %d", footer, size)
	}
	return nil
}

// Recover turns a panic of the Parquet library, which some corrupt files cause,
// into an error. It is deferred around every use of a file.
func Recover(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("corrupt Parquet file: %v", r)
	}
}
