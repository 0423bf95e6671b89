package eval

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A field is a column of a data file, by the first of its names that the file has.
type field struct {
	names    []string
	optional bool // a row without it has an absent cell
}

func fields(names ...string) []field {
	out := make([]field, len(names))
	for i, name := range names {
		out[i] = field{names: strings.Split(name, "|")}
	}
	return out
}

func (f field) String() string { return strings.Join(f.names, " or ") }

// A cell is a value of a row: absent, one value, or a list of values. Values are kept
// as the text that stands for them.
type cell struct {
	kind cellKind
	one  string
	many []string
}

type cellKind uint8

const (
	absent cellKind = iota
	scalar
	list
)

// A table is where the rows of a data set lie.
type table struct {
	files []string // read in order, all of one form
	// header names the columns of TSV files that have no header line of their own; nil
	// where the first line is one.
	header []string
	// strict makes an empty text an error. MTEB's own files hold some, which its
	// protocol scores like any other: see oddities.
	strict bool
	// only, if not "", reads the rows whose field lang is it, or that have no such
	// field: some of MTEB's files hold all languages.
	only string
	// warn, if not nil, is told of oddities that are let pass.
	warn func(format string, args ...any)
}

// in returns t with its oddities told to s.
func (t table) in(s *session) table {
	t.warn = s.warnf
	return t
}

// A row is a record: what it holds for each field that was asked for, and its place.
type row struct {
	at     place
	fields []field
	cells  []cell
	strict bool
	odd    *oddities // nil: none are counted
}

// errNoRows is the error of a table without any row.
var errNoRows = errors.New("no rows in it")

// langField is that of the row's language.
var langField = field{names: []string{"lang", "language"}, optional: true}

// read calls do with each row of t. Cells are do's to keep. A row that lacks a field, a
// file that cannot be read and an error of do end the reading; errors name the place.
func (t table) read(want []field, do func(r row) error) error {
	rows := 0
	var odd *oddities
	if !t.strict {
		odd = &oddities{what: "texts are empty"}
	}
	count := func(r row) error {
		if t.only != "" {
			if lang := r.cells[len(want)-1]; lang.kind == scalar && lang.one != t.only {
				return nil
			}
		}
		rows++
		r.odd = odd
		return do(r)
	}
	if t.only != "" {
		want = append(want[:len(want):len(want)], langField)
	}
	for _, name := range t.files {
		if err := t.readFile(name, want, count); err != nil {
			return err
		}
	}
	if rows == 0 && t.only != "" {
		return fmt.Errorf("%s: no rows of lang %q in it", filepath.ToSlash(strings.Join(t.files, ", ")), t.only)
	}
	if rows == 0 {
		return fmt.Errorf("%s: %w", filepath.ToSlash(strings.Join(t.files, ", ")), errNoRows)
	}
	return odd.judge(t.warn)
}

func (t table) readFile(name string, want []field, do func(r row) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	switch plainSuffix(name) {
	case ".parquet":
		return t.readParquet(f, want, do)
	case ".jsonl":
		return t.readJSON(f, want, do)
	case ".csv":
		return t.readCSV(f, ',', want, do)
	}
	if t.header == nil {
		return t.readCSV(f, '\t', want, do)
	}
	return t.readTSV(f, want, do)
}

// suffixes are the forms of data files that can be read.
var suffixes = []string{".tsv", ".jsonl", ".csv", ".parquet"}

// plainSuffix returns a file's suffix without that of its compression, "" if it is no
// form of data.
func plainSuffix(name string) string {
	suffix := filepath.Ext(strings.TrimSuffix(name, ".gz"))
	if !slices.Contains(suffixes, suffix) || suffix == ".parquet" && strings.HasSuffix(name, ".gz") {
		return ""
	}
	return suffix
}

// id returns cell i, which has to be one text, and no text that is encoded: a name, a
// label.
func (r row) id(i int) (string, error) {
	r.odd = nil
	return r.text(i)
}

// text returns cell i, which has to be one text. In a strict table it is not empty.
func (r row) text(i int) (string, error) {
	c := r.cells[i]
	switch {
	case c.kind == absent:
		return "", r.at.errorf("no field %s", r.fields[i])
	case c.kind == list:
		return "", r.at.errorf("field %s is a list, not one value", r.fields[i])
	case !utf8.ValidString(c.one):
		return "", r.at.errorf("field %s is not UTF-8", r.fields[i])
	case r.strict && strings.TrimSpace(c.one) == "":
		return "", r.at.errorf("field %s is empty", r.fields[i])
	}
	r.odd.meet(r.at, strings.TrimSpace(c.one) == "")
	return c.one, nil
}

// list returns cell i, which has to be a list of texts; orOne takes one text for a list
// of one.
func (r row) list(i int, orOne bool) ([]string, error) {
	c := r.cells[i]
	switch {
	case c.kind == absent:
		return nil, r.at.errorf("no field %s", r.fields[i])
	case c.kind == scalar && !orOne:
		return nil, r.at.errorf("field %s is one value, not a list", r.fields[i])
	case c.kind == scalar:
		c.many = []string{c.one}
	}
	for k, text := range c.many {
		if !utf8.ValidString(text) {
			return nil, r.at.errorf("value %d of field %s is not UTF-8", k+1, r.fields[i])
		}
		if r.strict && strings.TrimSpace(text) == "" {
			return nil, r.at.errorf("value %d of field %s is empty", k+1, r.fields[i])
		}
		r.odd.meet(r.at, strings.TrimSpace(text) == "")
	}
	return c.many, nil
}

// number returns cell i, which has to be a finite number.
func (r row) number(i int) (float64, error) {
	text, err := r.id(i)
	if err != nil {
		return 0, err
	}
	return r.parse(i, text)
}

func (r row) numbers(i int) ([]float64, error) {
	r.odd = nil
	values, err := r.list(i, false)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(values))
	for k, text := range values {
		if out[k], err = r.parse(i, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r row) parse(i int, text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || v-v != 0 {
		return 0, r.at.errorf("field %s is %q, not a finite number", r.fields[i], short(text))
	}
	return v, nil
}

// yes returns cell i, which has to be 0 or 1 or, as PEARL's files have it, neg or pos.
func (r row) yes(i int) (bool, error) {
	switch r.cells[i].one {
	case "neg":
		return false, nil
	case "pos":
		return true, nil
	}
	v, err := r.number(i)
	if err != nil {
		return false, err
	}
	if math.Abs(v-0.5) != 0.5 {
		return false, r.at.errorf("field %s is %v, not 0 or 1", r.fields[i], v)
	}
	return v == 1, nil
}
