package classifier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// label is a label as it was read.
type label struct {
	names   []string
	values  []float64
	list    bool // an array
	numbers bool // JSON numbers
	whole   bool // of them, all are integers
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

// checkNumbers refuses nan and inf among labels that are all numbers, as a table of numbers
// with gaps has them. Beside words they are words.
func (b *builder) checkNumbers() error {
	var odd string // the first of them
	at := 0
	for i, l := range b.labels {
		for _, name := range l.names {
			v, err := strconv.ParseFloat(name, 64)
			switch {
			case err != nil && !errors.Is(err, strconv.ErrRange):
				return nil
			case err == nil && v-v != 0 && odd == "":
				odd, at = name, i+1
			}
		}
	}
	if odd == "" {
		return nil
	}
	return fmt.Errorf("label %q of text %d is not a finite number, as the other labels are", odd, at)
}

// examples settles the task.
func (b *builder) examples() (*Examples, error) {
	e := &Examples{Task: b.source.Task, Texts: b.texts, Empty: b.empty}
	if len(b.labels) == 0 {
		return nil, errors.New("no labelled texts")
	}
	if err := b.checkNumbers(); err != nil {
		return nil, err
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
