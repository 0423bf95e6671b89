package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/m2v-dev/m2v/eval/data"
)

// A Task is a data set and the protocol that scores a model on it.
type Task struct {
	Name   string `json:"name"` // the file's or folder's name without suffix, or MTEB's
	Column Column `json:"column"`
	// Official is the name of the published tables' data set that this is, "" if it is
	// none of theirs.
	Official string `json:"official"`
	// Extra data sets are in no published mean: one's own, or a development split. They have
	// columns and an average of their own, see Own.
	Extra bool `json:"extra"`

	path    string   // of its folder or file
	form    string   // of the data
	variant string   // which parts of the data set are scored; "" is all
	files   []string // read by run
	run     protocol
}

// The forms of a task's data, as results and the cache name them.
const (
	formPlain        = "folder"
	formHub          = "hub"
	formMultilingual = "multilingual" // a task of MTEB(Multilingual), on the Hub's form
)

// A protocol scores a session's model on one data set, in [−1, 1] or [0, 1].
type protocol func(ctx context.Context, s *session) (float64, error)

// ErrNoData says that a folder holds no data set.
var ErrNoData = errors.New("it has no data sets")

// Tasks lists the data sets of folder dir, those of the plain form and those of the Hub,
// in the order of the columns and of their names. Nothing but names is read. A data set
// whose files are not all there is a task that fails. A folder without any data set is
// ErrNoData; an error that names both places is one that is there twice.
func Tasks(dir string) ([]Task, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	var tasks []Task
	for _, f := range folders {
		list, err := plainTasks(dir, f)
		if err != nil {
			return nil, fmt.Errorf("eval: %w", err)
		}
		tasks = append(tasks, list...)
	}
	hub, err := hubTasks(dir)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	tasks = append(tasks, hub...)
	if len(tasks) == 0 {
		return nil, fmt.Errorf("eval: %s: %w", dir, ErrNoData)
	}
	at := map[string]string{}
	for _, t := range tasks {
		if before, ok := at[t.Official]; ok && t.Official != "" {
			return nil, fmt.Errorf("eval: %w", data.Twice(t.Official, before, t.path))
		}
		at[t.Official] = t.path
	}
	slices.SortStableFunc(tasks, func(a, b Task) int {
		return cmp.Compare(slices.Index(Columns, a.Column), slices.Index(Columns, b.Column))
	})
	return tasks, nil
}

// Unknown returns the folders in dir that hold no data set that is known, by their
// names: a misspelt one would else go unnoticed.
func Unknown(dir string) ([]string, error) {
	out, err := known().Unknown(dir)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	return out, nil
}
