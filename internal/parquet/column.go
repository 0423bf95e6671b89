package parquet

import (
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Columns returns the paths of the columns that hold values, such as "text",
// "a.b" and "tags.list.element".
func (f *File) Columns() []string {
	var names []string
	for _, path := range f.Schema().Columns() {
		names = append(names, strings.Join(path, "."))
	}
	return names
}

// leaf returns the column at a path. A list may be named without the levels
// inside it.
func (f *File) leaf(path string) (parquet.LeafColumn, error) {
	var inside [][]string
	for _, names := range f.Schema().Columns() {
		joined := strings.Join(names, ".")
		if joined == path {
			inside = [][]string{names}
			break
		}
		if strings.HasPrefix(joined, path+".") {
			inside = append(inside, names)
		}
	}
	if len(inside) == 1 {
		if leaf, ok := f.Schema().Lookup(inside[0]...); ok {
			return leaf, nil
		}
	}
	return parquet.LeafColumn{}, fmt.Errorf("no column %q; the file has %s", path, few(f.Columns()))
}

// few names the first columns, for a message.
func few(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 10 {
			fmt.Fprintf(&b, "… (%d)", len(names))
			break
		}
		fmt.Fprintf(&b, "%.40q", name)
	}
	return b.String()
}

// content says what a leaf holds, for a message.
func content(leaf parquet.LeafColumn) string {
	if leaf.MaxRepetitionLevel > 0 {
		return fmt.Sprintf("lists of %s", leaf.Node.Type())
	}
	return leaf.Node.Type().String()
}

// isFloat16 tells whether a leaf holds float16, which the library's types do not
// know.
func (f *File) isFloat16(leaf parquet.LeafColumn) bool {
	at := 0
	for _, element := range f.Metadata().Schema {
		if !element.Type.Valid { // a group
			continue
		}
		if at == leaf.ColumnIndex {
			_, ok := element.LogicalType.Value.(*format.Float16Type)
			return ok && element.TypeLength.V == 2
		}
		at++
	}
	return false
}

// pages reads the pages of one column, row group after row group.
type pages struct {
	column int
	groups []parquet.RowGroup // that are still to be read
	group  parquet.Pages      // of the current row group; nil between them
	page   parquet.Page       // the last one that next returned
}

func (f *File) pages(leaf parquet.LeafColumn) pages {
	return pages{column: leaf.ColumnIndex, groups: f.RowGroups()}
}

// next returns the next page, which is valid until the next call, and io.EOF
// after the last.
func (p *pages) next() (parquet.Page, error) {
	p.release()
	for {
		if p.group == nil {
			if len(p.groups) == 0 {
				return nil, io.EOF
			}
			p.group = p.groups[0].ColumnChunks()[p.column].Pages()
			p.groups = p.groups[1:]
		}
		page, err := p.group.ReadPage()
		if err == nil {
			p.page = page
			return page, nil
		}
		if err != io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
			return nil, err
		}
		err = p.group.Close()
		if p.group = nil; err != nil {
			return nil, err
		}
	}
}

func (p *pages) release() {
	if p.page != nil {
		parquet.Release(p.page)
		p.page = nil
	}
}

// close gives back what reading holds. The file stays open.
func (p *pages) close() {
	p.release()
	if p.group != nil {
		_ = p.group.Close() // it was only read
		p.group = nil
	}
	p.groups = nil
}
