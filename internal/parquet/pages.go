package parquet

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// Limits of one page. Writers make pages of about 1 MiB; DuckDB's are the
// longest known, 100 MB.
const (
	maxPage   = 256 << 20 // bytes
	maxValues = 64 << 20
)

// A header's length is not written anywhere. These many bytes hold it, or the
// second number where the page's smallest and largest value are long strings.
var headerBytes = []int{8 << 10, 4 << 20}

// scan walks the page headers of all columns, which says what reading the pages
// would allocate. A header that cannot be read ends a column's walk: reading the
// column stops there too, with an error of its own.
func (p *patched) scan(m *format.FileMetaData, size int64) error {
	for _, group := range m.RowGroups {
		for i := range group.Columns {
			column := &group.Columns[i].MetaData
			name := strings.Join(column.PathInSchema, ".")
			at := column.DataPageOffset
			if column.DictionaryPageOffset != 0 {
				at = column.DictionaryPageOffset
			}
			if length := column.TotalCompressedSize; at < 0 || length < 0 || at > size || length > size-at {
				return fmt.Errorf("column %q claims bytes %d to %d of %d", name, at, at+length, size)
			}
			if err := p.scanColumn(column, at, at+column.TotalCompressedSize); err != nil {
				return fmt.Errorf("column %q: %w", name, err)
			}
		}
	}
	slices.SortFunc(p.patches, func(a, b patch) int { return cmp.Compare(a.at, b.at) })
	return nil
}

// scanColumn walks the pages from at to end.
func (p *patched) scanColumn(column *format.ColumnMetaData, at, end int64) error {
	for at < end {
		header, raw, ok := p.header(at, end)
		if !ok {
			return nil
		}
		size, values := header.UncompressedPageSize, header.DataPageHeader.V.NumValues
		switch header.Type {
		case format.DataPageV2:
			values = header.DataPageHeaderV2.V.NumValues
		case format.DictionaryPage:
			values = header.DictionaryPageHeader.V.NumValues
			if values > size { // each value takes at least a byte
				return fmt.Errorf("a dictionary of %d bytes claims %d values", size, values)
			}
		}
		next := at + int64(len(raw)) + int64(header.CompressedPageSize)
		if size < 0 || size > maxPage || values < 0 || values > maxValues || header.CompressedPageSize < 0 || next > end {
			return fmt.Errorf("a page at byte %d claims %d bytes, %d when compressed, and %d values", at, size, header.CompressedPageSize, values)
		}
		if column.Codec == format.Lz4Raw {
			if err := p.checkLZ4(&header, at+int64(len(raw))); err != nil {
				return fmt.Errorf("a page at byte %d: %w", at, err)
			}
			p.hideSize(at, raw)
		}
		at = next
	}
	return nil
}

// header reads the page header at a byte of the file, and its bytes.
func (p *patched) header(at, end int64) (h format.PageHeader, raw []byte, ok bool) {
	protocol := new(thrift.CompactProtocol)
	for _, n := range headerBytes {
		raw = make([]byte, min(int64(n), end-at))
		if _, err := p.ReaderAt.ReadAt(raw, at); err != nil {
			return h, nil, false
		}
		r := protocol.NewReaderFromBytes(raw)
		h = format.PageHeader{}
		if err := thrift.NewDecoder(r).Decode(&h); err == nil {
			return h, raw[:r.BytesRead()], true
		}
	}
	return h, nil, false
}

// checkLZ4 decodes the page at a byte of the file as its header says. parquet-go
// 0.32.0 takes any fault of an LZ4 page for a buffer that is too short, and doubles
// it until the process has no memory left.
func (p *patched) checkLZ4(h *format.PageHeader, at int64) error {
	levels := int64(0) // bytes before the values, which are not compressed
	if h.Type == format.DataPageV2 {
		v2 := &h.DataPageHeaderV2.V
		levels = int64(v2.RepetitionLevelsByteLength) + int64(v2.DefinitionLevelsByteLength)
		if compressed := v2.IsCompressed; compressed.Valid && !compressed.V {
			return nil
		}
	}
	size := int64(h.UncompressedPageSize) - levels
	stored := int64(h.CompressedPageSize) - levels
	if levels < 0 || size < 0 || stored < 0 {
		return fmt.Errorf("levels of %d bytes in a page of %d", levels, h.CompressedPageSize)
	}
	src, dst := make([]byte, stored), make([]byte, size)
	if _, err := p.ReaderAt.ReadAt(src, at+levels); err != nil {
		return err
	}
	if len(src) == 0 && size == 0 {
		return nil
	}
	if n, err := lz4.UncompressBlock(src, dst); err != nil || n != len(dst) {
		return fmt.Errorf("%d bytes of LZ4 do not give %d", stored, size)
	}
	return nil
}

// patched reads a file with some bytes replaced.
type patched struct {
	io.ReaderAt
	patches []patch // by ascending offset
}

type patch struct {
	at    int64
	bytes []byte
}

// hideSize replaces the uncompressed size in the page header at a byte of the file
// by 0, in as many bytes.
//
// parquet-go 0.32.0 gives its LZ4 codec a buffer of that size. Where the codec
// needs a larger one (a page that hardly compresses), it decodes into its own, and
// parquet-go goes on with its buffer, which is still empty. It takes the codec's
// buffer only if that is longer than the header says.
func (p *patched) hideSize(at int64, raw []byte) {
	const i32 = 0x15 // the field after the last one, an int32
	if len(raw) < 5 || raw[0] != i32 {
		return
	}
	i := 1 + varintLen(raw[1:])
	if i >= len(raw) || raw[i] != i32 {
		return
	}
	zero := make([]byte, varintLen(raw[i+1:])) // a varint may be longer than it must
	for k := range len(zero) - 1 {
		zero[k] = 0x80
	}
	p.patches = append(p.patches, patch{at + int64(i) + 1, zero})
}

// varintLen returns how many bytes the varint at the start of data takes.
func varintLen(data []byte) int {
	for i, b := range data {
		if b < 0x80 {
			return i + 1
		}
	}
	return len(data)
}

func (p *patched) ReadAt(data []byte, at int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(data, at)
	end := at + int64(n)
	const longest = 5 // of a patch: an int32 as a varint
	first := sort.Search(len(p.patches), func(i int) bool { return p.patches[i].at > at-longest })
	for _, patch := range p.patches[first:] {
		if patch.at >= end {
			break
		}
		for k, b := range patch.bytes {
			if i := patch.at + int64(k) - at; i >= 0 && i < int64(n) {
				data[i] = b
			}
		}
	}
	return n, err
}
