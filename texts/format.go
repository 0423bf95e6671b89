package texts

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/store"
)

// Format is how texts lie in a file. The zero value, Auto, goes by the file's
// name.
type Format string

// The formats. All but Parquet are UTF-8, may be compressed with gzip or zstd, and
// end lines with LF or CRLF.
const (
	Auto    Format = ""        // by the suffix: .jsonl .ndjson .json, .csv, .tsv .tab, .parquet; else lines
	Lines   Format = "lines"   // a text a line; an empty line is an empty text
	JSONL   Format = "jsonl"   // a string a line, or an object with a field; blank lines are passed over
	CSV     Format = "csv"     // RFC 4180; blank lines are passed over
	TSV     Format = "tsv"     // tabs between fields and no quoting, as IANA's text/tab-separated-values
	Parquet Format = "parquet" // a column of strings; files only
	Whole   Format = "whole"   // a file is one text, without the line end at its end
)

var formats = []string{string(Lines), string(JSONL), string(CSV), string(TSV), string(Parquet), string(Whole)}

// String returns the name, "auto" for Auto.
func (f Format) String() string {
	if f == Auto {
		return "auto"
	}
	return string(f)
}

// Set parses a name, so that a *Format is a command-line flag.
func (f *Format) Set(name string) error {
	if name == "auto" {
		*f = Auto
		return nil
	}
	for _, known := range formats {
		if name == known {
			*f = Format(name)
			return nil
		}
	}
	return fmt.Errorf("format %q is not one of auto, %s", name, strings.Join(formats, ", "))
}

// Type names the flag's kind of value in help texts.
func (f *Format) Type() string { return "format" }

// of resolves Auto for a file's name.
func (f Format) of(name string) Format {
	if f != Auto {
		return f
	}
	if format, ok := suffixes[suffix(name)]; ok {
		return format
	}
	return Lines
}

// suffixes are the known ones. In a folder, only files with one of them are read.
var suffixes = map[string]Format{
	".txt": Lines, ".text": Lines,
	".jsonl": JSONL, ".ndjson": JSONL, ".json": JSONL,
	".csv": CSV,
	".tsv": TSV, ".tab": TSV,
	".parquet": Parquet, ".pq": Parquet,
}

// suffix returns a name's suffix in lower case, without that of a compression.
func suffix(name string) string {
	name = strings.ToLower(name)
	for _, compression := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, compression)
	}
	return filepath.Ext(name)
}

// Options says where in the input the texts are.
type Options struct {
	Format Format

	// Field is the object's key (JSONL) or the column's name. For CSV and TSV
	// a number is a column too, from 1, unless the header has that name.
	Field string
	// Header says that the first record of a CSV or TSV file names the
	// columns. A Field that is a name implies it.
	Header bool

	// Keep names fields or columns beside the text, whose values Reader.Kept gives.
	// Of Whole it takes "file" alone, the file's name.
	Keep []string
	// Absent, if not nil, is told after the last text of each name of Keep that no record
	// had a value for.
	Absent func(name string)

	// Stores open names that are URLs, such as s3://bucket/corpus.
	Stores store.Schemes

	// MaxBytes is the longest record, in bytes, before it is decoded.
	MaxBytes int
	// BatchBytes is about how much text Reader.Next returns at most.
	BatchBytes int

	// Bad, if not nil, is told of each record that holds no text, which is
	// then skipped; an error of its own ends the reading. If nil, the first
	// such record does.
	Bad func(*BadRecord) error
}

// DefaultOptions reads any format by its name, and the field "text".
// 16 MiB are five times the length of War and Peace. With batches of 4 MiB all
// of reading stays within about 64 MiB, for the longest record too.
func DefaultOptions() Options {
	return Options{Field: "text", MaxBytes: 16 << 20, BatchBytes: 4 << 20}
}
