package classifier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
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

// label is a label as it was read.
type label struct {
	names   []string
	values  []float64
	list    bool // an array
	numbers bool // JSON numbers
	whole   bool // of them, all are integers
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
	batch := make([]string, 256)
	for {
		n, err := r.Next(batch)
		for i := range n {
			if err := b.add(batch[i], r.Kept(i)[0], name); err != nil {
				return nil, fmt.Errorf("classifier: read %s: record %d: %w", s.File, b.records, err)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
	}
	e, err := b.examples()
	if err != nil {
		return nil, fmt.Errorf("classifier: read %s: %w", s.File, err)
	}
	return e, nil
}

// builder gathers examples.
type builder struct {
	source  Source
	records int
	texts   []string
	labels  []label
	empty   int
}

func (b *builder) add(text string, value json.RawMessage, name string) error {
	b.records++
	if value == nil {
		return fmt.Errorf("no label: field %q is missing or null", name)
	}
	l, err := b.parse(value)
	if err != nil {
		return err
	}
	if len(b.labels) > 0 {
		if first := b.labels[0]; first.list != l.list || first.numbers != l.numbers {
			return fmt.Errorf("label %.40s is %s, and earlier ones are %s: all must be of one kind", value, l.kind(), first.kind())
		}
	}
	if strings.TrimSpace(text) == "" {
		b.empty++
		return nil
	}
	b.texts, b.labels = append(b.texts, text), append(b.labels, l)
	return nil
}

func (l label) kind() string {
	what := "a string"
	if l.numbers {
		what = "a number"
	}
	if l.list {
		return "an array of " + strings.TrimPrefix(what, "a ") + "s"
	}
	return what
}

// parse reads a label: a string, a number, an array of these.
func (b *builder) parse(value json.RawMessage) (label, error) {
	items := []json.RawMessage{value}
	l := label{whole: true}
	if value[0] == '[' {
		l.list, items = true, nil
		if err := json.Unmarshal(value, &items); err != nil {
			return l, err
		}
	}
	for i, item := range items {
		item = bytes.TrimSpace(item)
		var text string
		number := false
		switch {
		case item[0] == '"':
			if err := json.Unmarshal(item, &text); err != nil {
				return l, err
			}
		case item[0] == '-' || item[0] >= '0' && item[0] <= '9':
			text, number = string(item), true
		default:
			return l, fmt.Errorf("label %.40s is not a string, a number or an array of these", value)
		}
		if i > 0 && number != l.numbers {
			return l, fmt.Errorf("label %.40s has strings and numbers", value)
		}
		l.numbers = number
		if err := l.append(text, b.source); err != nil {
			return l, err
		}
	}
	return l, nil
}

// append adds one label or number.
func (l *label) append(text string, s Source) error {
	if s.Task == Regression || l.numbers {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || v-v != 0 {
			return fmt.Errorf("label %.40q is not a finite number", text)
		}
		if strings.ContainsAny(text, ".eE") {
			l.whole = false
		}
		l.values = append(l.values, v)
	}
	if s.Task == Multi && !l.list && !l.numbers && s.Separator != "" {
		for part := range strings.SplitSeq(text, s.Separator) {
			if part = strings.TrimSpace(part); part != "" {
				l.names = append(l.names, part)
			}
		}
		return nil
	}
	if strings.TrimSpace(text) == "" {
		return errors.New("the label is empty")
	}
	l.names = append(l.names, text)
	return nil
}

// examples settles the task.
func (b *builder) examples() (*Examples, error) {
	e := &Examples{Task: b.source.Task, Texts: b.texts, Empty: b.empty}
	if len(b.labels) == 0 {
		return nil, errors.New("no labelled texts")
	}
	first, whole := b.labels[0], true
	for _, l := range b.labels {
		whole = whole && l.whole
	}
	if e.Task == Auto || e.Task == "" {
		switch {
		case first.numbers && !whole:
			e.Task = Regression
		case first.list:
			e.Task = Multi
		default:
			e.Task = Single
		}
	}
	for i, l := range b.labels {
		switch {
		case e.Task == Regression && len(l.values) != len(b.labels[0].values):
			return nil, fmt.Errorf("text %d has %d numbers, the first one %d", i+1, len(l.values), len(b.labels[0].values))
		case e.Task == Regression:
			e.Values = append(e.Values, l.values)
			continue
		case first.numbers && !whole:
			return nil, fmt.Errorf("labels are numbers with a fraction: the task is %s", Regression)
		case e.Task == Single && len(l.names) != 1:
			return nil, fmt.Errorf("text %d has %d labels, and the task is %s", i+1, len(l.names), Single)
		}
		e.Labels = append(e.Labels, l.names)
	}
	e.Integers = e.Task != Regression && first.numbers
	return e, nil
}
