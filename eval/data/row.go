package data

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

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

// A Row is a record: what it holds for each field that was asked for, and its place.
type Row struct {
	At     Place
	fields []Field
	cells  []cell
	strict bool
	odd    *Oddities // nil: none are counted
}

// ID returns cell i, which has to be one text, and no text that is encoded: a name, a
// label. In a strict table it is not empty.
func (r Row) ID(i int) (string, error) {
	r.odd = nil
	id, err := r.Text(i)
	if err == nil && r.strict && strings.TrimSpace(id) == "" {
		return "", r.At.Errorf("field %s is empty", r.fields[i])
	}
	return id, err
}

// Text returns cell i, which has to be one text. An empty one is an oddity.
func (r Row) Text(i int) (string, error) {
	c := r.cells[i]
	switch {
	case c.kind == absent:
		return "", r.At.Errorf("the row has no field %s", r.fields[i])
	case c.kind == list:
		return "", r.At.Errorf("field %s is a list, not one value", r.fields[i])
	case !utf8.ValidString(c.one):
		return "", r.At.Errorf("field %s is not UTF-8", r.fields[i])
	}
	r.odd.Meet(r.At, strings.TrimSpace(c.one) == "")
	return c.one, nil
}

// List returns cell i, which has to be a list of texts; orOne takes one text for a list
// of one.
func (r Row) List(i int, orOne bool) ([]string, error) {
	c := r.cells[i]
	switch {
	case c.kind == absent:
		return nil, r.At.Errorf("the row has no field %s", r.fields[i])
	case c.kind == scalar && !orOne:
		return nil, r.At.Errorf("field %s is one value, not a list", r.fields[i])
	case c.kind == scalar:
		c.many = []string{c.one}
	}
	for k, text := range c.many {
		if !utf8.ValidString(text) {
			return nil, r.At.Errorf("value %d of field %s is not UTF-8", k+1, r.fields[i])
		}
		r.odd.Meet(r.At, strings.TrimSpace(text) == "")
	}
	return c.many, nil
}

// Number returns cell i, which has to be a finite number.
func (r Row) Number(i int) (float64, error) {
	text, err := r.ID(i)
	if err != nil {
		return 0, err
	}
	return r.parse(i, text)
}

// Numbers returns cell i, which has to be a list of finite numbers.
func (r Row) Numbers(i int) ([]float64, error) {
	r.odd = nil
	values, err := r.List(i, false)
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

func (r Row) parse(i int, text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || v-v != 0 {
		return 0, r.At.Errorf("field %s is %q, not a finite number", r.fields[i], Short(text))
	}
	return v, nil
}

// Yeses returns cell i, which has to be 0 or 1 or, as PEARL's files have it, neg or pos,
// or a list of such values.
func (r Row) Yeses(i int) ([]bool, error) {
	r.odd = nil
	values, err := r.List(i, true)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(values))
	for k, text := range values {
		switch text {
		case "neg":
			continue
		case "pos":
			out[k] = true
			continue
		}
		v, err := r.parse(i, text)
		if err != nil {
			return nil, err
		}
		if math.Abs(v-0.5) != 0.5 {
			return nil, r.At.Errorf("field %s is %v, not 0 or 1", r.fields[i], v)
		}
		out[k] = v == 1
	}
	return out, nil
}

// Has tells whether the row has a value in cell i.
func (r Row) Has(i int) bool { return r.cells[i].kind != absent }

// IsList tells whether cell i is a list.
func (r Row) IsList(i int) bool { return r.cells[i].kind == list }

// Loose returns the row with empty texts let pass and not counted.
func (r Row) Loose() Row {
	r.odd = nil
	return r
}

// Meet counts a text of the row, and whether it is empty.
func (r Row) Meet(empty bool) { r.odd.Meet(r.At, empty) }
