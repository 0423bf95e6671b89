package classifier

import "fmt"

// Task is what a text is given.
type Task string

// The tasks. Auto follows from the labels of a file; a classifier has one of the others.
const (
	Auto       Task = "auto"
	Single     Task = "single"     // one of K classes
	Multi      Task = "multi"      // any number of K classes
	Regression Task = "regression" // K numbers
)

// Kind is how a head is trained.
type Kind string

// The kinds of heads.
const (
	Logreg Kind = "logreg" // L2 logistic regression on vectors
	MLP    Kind = "mlp"    // a hidden layer, trained with the static model's rows
	TFIDF  Kind = "tfidf"  // L2 logistic regression on tf-idf of words
)

// String returns the task's name.
func (t Task) String() string { return string(t) }

// Set parses a task's name.
func (t *Task) Set(s string) error { return set(t, s, Auto, Single, Multi, Regression) }

// Type names the flag's kind of value in help texts.
func (t *Task) Type() string { return "task" }

// String returns the kind's name.
func (k Kind) String() string { return string(k) }

// Set parses a kind's name.
func (k *Kind) Set(s string) error { return set(k, s, Logreg, MLP, TFIDF) }

// Type names the flag's kind of value in help texts.
func (k *Kind) Type() string { return "head" }

func set[T ~string](dst *T, s string, known ...T) error {
	for _, k := range known {
		if string(k) == s {
			*dst = k
			return nil
		}
	}
	return fmt.Errorf("want one of %v", known)
}
