package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Field is a column of a data file, by the first of its names that the file has.
type Field struct {
	Names    []string
	Optional bool // a row need not have it
}

// Fields returns fields that every row has, each by its names, as "sent1|sentence1".
func Fields(names ...string) []Field {
	out := make([]Field, len(names))
	for i, name := range names {
		out[i] = Field{Names: strings.Split(name, "|")}
	}
	return out
}

func (f Field) String() string { return strings.Join(f.Names, " or ") }

// A Table is where the rows of a data set lie.
type Table struct {
	Files []string // read in order, all of one form
	// Header names the columns of TSV files that have no header line of their own; nil
	// where the first line is one.
	Header []string
	// Strict makes an empty id or label an error, and so, in protocols, is one that
	// refers to what is not there. MTEB's own files hold some: see Oddities.
	Strict bool
	// Only, if not "", reads the rows whose field lang is it, or that have no such
	// field: some of MTEB's files hold all languages.
	Only string
	// Warn, if not nil, is told of oddities that are let pass.
	Warn func(format string, args ...any)
}

// errNoRows is the error of a table without any row.
var errNoRows = errors.New("it has no rows")

// langField is that of the row's language.
var langField = Field{Names: []string{"lang", "language"}, Optional: true}

// Read calls do with each row of t. Cells are do's to keep. A row that lacks a field, a
// file that cannot be read and an error of do end the reading; errors name the place.
func (t Table) Read(want []Field, do func(r Row) error) error {
	rows := 0
	odd := &Oddities{What: "texts are empty"}
	count := func(r Row) error {
		if t.Only != "" {
			if lang := r.cells[len(want)-1]; lang.kind == scalar && lang.one != t.Only {
				return nil
			}
		}
		rows++
		r.odd = odd
		return do(r)
	}
	if t.Only != "" {
		want = append(want[:len(want):len(want)], langField)
	}
	for _, name := range t.Files {
		if err := t.readFile(name, want, count); err != nil {
			return err
		}
	}
	if rows == 0 && t.Only != "" {
		return fmt.Errorf("%s: it has no rows of lang %q", filepath.ToSlash(strings.Join(t.Files, ", ")), t.Only)
	}
	if rows == 0 {
		return fmt.Errorf("%s: %w", filepath.ToSlash(strings.Join(t.Files, ", ")), errNoRows)
	}
	return odd.Judge(t.Warn)
}

func (t Table) readFile(name string, want []Field, do func(r Row) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	switch Suffix(name) {
	case ".parquet":
		return t.readParquet(f, want, do)
	case ".jsonl":
		return t.readJSON(f, want, do)
	case ".csv":
		return t.readCSV(f, ',', want, do)
	}
	if t.Header == nil {
		return t.readCSV(f, '\t', want, do)
	}
	return t.readTSV(f, want, do)
}

// suffixes are the forms of data files that can be read.
var suffixes = []string{".tsv", ".jsonl", ".csv", ".parquet"}

// Suffix returns a file's suffix without that of its compression, "" if it is no
// form of data.
func Suffix(name string) string {
	suffix := filepath.Ext(strings.TrimSuffix(name, ".gz"))
	if !slices.Contains(suffixes, suffix) || suffix == ".parquet" && strings.HasSuffix(name, ".gz") {
		return ""
	}
	return suffix
}
