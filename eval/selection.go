package eval

import (
	"fmt"
	"slices"

	"github.com/m2v-dev/m2v/internal/fault"
)

// A Selection says which of a folder's tasks to run. Without Columns and Tasks, all that
// count are, or, of a folder in which none counts, all: one's own data sets.
type Selection struct {
	Columns []string // the tasks of these columns that count; Own, those of one's own
	Tasks   []string // the tasks of these names, their own or MTEB's; extra ones too
	// Languages, if not nil, choose the tasks of MTEB(Multilingual, v2) and their subsets:
	// ISO 639-3 as "deu" or "deu-Latn"; "all" among them is all.
	Languages []string
}

// Found is what a Selection found in a folder.
type Found struct {
	Tasks   []Task // those that were asked for
	Folder  []Task // all that the folder holds
	LeftOut int    // those of one's own that were left out, where nothing was asked for by name
	// Unknown are folders in it that hold no known data set: a misspelt one would else go
	// unnoticed.
	Unknown []string
}

// In returns the selection's tasks in the folder dir. What does not fit is an error that
// names the option and, where there is one, the next step.
func (s Selection) In(dir string) (*Found, error) {
	f := &Found{}
	var err error
	if f.Folder, err = s.All(dir); err != nil {
		return nil, err
	}
	if s.Languages == nil {
		if f.Unknown, err = Unknown(dir); err != nil {
			return nil, err
		}
	}
	if f.Tasks, err = s.of(f.Folder, dir); err != nil {
		return nil, fault.Hint(err, "m2v eval --list --data %s lists the data sets; --columns own scores data sets of your own", dir)
	}
	if s.Columns == nil && s.Tasks == nil {
		f.LeftOut = len(f.Folder) - len(f.Tasks)
	}
	return f, nil
}

// All lists the tasks of the folder dir: those of Tasks, or of Multilingual where languages
// are given.
func (s Selection) All(dir string) ([]Task, error) {
	switch {
	case s.Languages == nil:
		return Tasks(dir)
	case slices.Contains(s.Languages, "all"):
		return Multilingual(dir, nil)
	}
	return Multilingual(dir, s.Languages)
}

// of returns the tasks of the selection, of those of the folder dir, in their order.
func (s Selection) of(tasks []Task, dir string) ([]Task, error) {
	for _, c := range s.Columns {
		if c != Own && !slices.Contains(slices.Concat(Columns, MultilingualColumns), Column(c)) {
			return nil, fault.Option("columns", nil, ": %q is not one of %v", c, append([]Column{Own}, Columns...))
		}
	}
	if s.Columns != nil && s.Tasks != nil {
		return nil, fault.Argument("--columns and --tasks both choose data sets: give one of them")
	}
	for _, name := range s.Tasks {
		if !slices.ContainsFunc(tasks, func(t Task) bool { return t.is(name) }) {
			return nil, fault.Option("tasks", nil, ": %s has no data set %q", dir, name)
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
		return nil, fmt.Errorf("eval: %s has no data set that counts in the columns asked for", dir)
	}
	return out, nil
}

// is tells whether name is the task's, or MTEB's for it.
func (t Task) is(name string) bool { return t.Name == name || t.Official == name }
