package eval

import (
	"fmt"
	"slices"
)

// A Selection says which of a folder's tasks to run. Without either, all that count are,
// or, of a folder in which none counts, all: one's own data sets.
type Selection struct {
	Columns []string // the tasks of these columns that count; Own, those of one's own
	Tasks   []string // the tasks of these names, their own or MTEB's; extra ones too
}

// A SelectionError says why no tasks can be selected.
type SelectionError struct {
	Column string // it does not exist, if not ""
	Task   string // the folder has no data set of this name, if not ""
	Both   bool   // columns and tasks are given: they choose the same thing
	// If none of the above is set, no task counts in the columns.
}

func (e *SelectionError) Error() string {
	switch {
	case e.Column != "":
		return fmt.Sprintf("eval: select tasks: column %q is not one of %v", e.Column, Columns)
	case e.Task != "":
		return fmt.Sprintf("eval: select tasks: there is no data set %q", e.Task)
	case e.Both:
		return "eval: select tasks: columns and tasks both choose data sets"
	}
	return "eval: select tasks: no data set counts in the columns"
}

// Of returns the tasks of the selection in their order. Its error is a SelectionError.
func (s Selection) Of(tasks []Task) ([]Task, error) {
	for _, c := range s.Columns {
		if c != Own && !slices.Contains(slices.Concat(Columns, MultilingualColumns), Column(c)) {
			return nil, &SelectionError{Column: c}
		}
	}
	if s.Columns != nil && s.Tasks != nil {
		return nil, &SelectionError{Both: true}
	}
	for _, name := range s.Tasks {
		if !slices.ContainsFunc(tasks, func(t Task) bool { return t.is(name) }) {
			return nil, &SelectionError{Task: name}
		}
	}
	own := slices.Contains(s.Columns, Own)
	if s.Columns == nil {
		own = !slices.ContainsFunc(tasks, func(t Task) bool { return !t.Extra })
	}
	var out []Task
	for _, t := range tasks {
		switch {
		case s.Tasks != nil && slices.ContainsFunc(s.Tasks, t.is),
			s.Tasks == nil && t.Extra && own,
			s.Tasks == nil && !t.Extra && (s.Columns == nil || slices.Contains(s.Columns, string(t.Column))):
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, &SelectionError{}
	}
	return out, nil
}

// is tells whether name is the task's, or MTEB's for it.
func (t Task) is(name string) bool { return t.Name == name || t.Official == name }
