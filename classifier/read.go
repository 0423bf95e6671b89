package classifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/m2v-dev/m2v/texts"
)

// Source is a file of labelled texts.
type Source struct {
	File   string
	Format texts.Format // texts.Auto: by the file's suffix
	// TextColumn and LabelColumn are fields of JSON, columns by name or, in CSV and TSV, by
	// number from 1. "" stands for "text" and "label"; in a TSV file that has no such
	// header, for the columns 2 and 1.
	TextColumn, LabelColumn string
	Task                    Task
	// Separator splits the labels of a text in CSV and TSV, where the task is Multi.
	Separator string
	Stdin     io.Reader // of the file "-"
}

// Examples are labelled texts.
type Examples struct {
	Task   Task
	Texts  []string
	Labels [][]string  // of each text; one where the task is Single
	Values [][]float64 // of each text, where the task is Regression: K numbers
	// Integers tells that all labels are integers in JSON: a folder then has them as such.
	Integers bool
	Empty    int // texts of white space alone, which Read leaves out
}

// Len returns the number of texts.
func (e *Examples) Len() int { return len(e.Texts) }

// Pick returns the examples of those indices.
func (e *Examples) Pick(list []int) *Examples {
	out := &Examples{Task: e.Task, Integers: e.Integers}
	for _, i := range list {
		out.Texts = append(out.Texts, e.Texts[i])
		if e.Task == Regression {
			out.Values = append(out.Values, e.Values[i])
		} else {
			out.Labels = append(out.Labels, e.Labels[i])
		}
	}
	return out
}

// Shared returns how many of the texts are among the other's.
func (e *Examples) Shared(other *Examples) int {
	seen := make(map[string]bool, other.Len())
	for _, text := range other.Texts {
		seen[text] = true
	}
	n := 0
	for _, text := range e.Texts {
		if seen[text] {
			n++
		}
	}
	return n
}

// Read reads a file. A record without a text or a label, labels of several kinds, and
// numbers that are not finite are errors that name the record. Texts of white space alone
// are left out and counted.
func Read(ctx context.Context, s Source) (*Examples, error) {
	e, err := read(ctx, s, or(s.TextColumn, "text"), or(s.LabelColumn, "label"))
	var bad *texts.BadRecord
	if s.TextColumn == "" && s.LabelColumn == "" && errors.As(err, &bad) && bad.Line <= 1 && s.isTSV() && s.File != "-" {
		return read(ctx, s, "2", "1") // no header
	}
	return e, err
}

func or(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}

func (s Source) isTSV() bool {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(s.File), ".gz"), ".zst")
	return s.Format == texts.TSV || s.Format == texts.Auto && strings.HasSuffix(name, ".tsv")
}

func read(ctx context.Context, s Source, text, name string) (*Examples, error) {
	o := texts.DefaultOptions()
	o.Format, o.Field, o.Keep = s.Format, text, []string{name}
	r, err := texts.Open([]string{s.File}, s.Stdin, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := &builder{source: s}
	err = r.Records(ctx, func(t string, kept []json.RawMessage) error {
		if err := b.add(t, kept[0], name); err != nil {
			return fmt.Errorf("classifier: read %s: record %d: %w", s.File, b.records, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e, err := b.examples()
	if err != nil {
		return nil, fmt.Errorf("classifier: read %s: %w", s.File, err)
	}
	return e, nil
}
