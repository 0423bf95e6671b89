package ablate

import "github.com/m2v-dev/m2v/eval"

// A Score is what a row has of a column or an average.
type Score struct {
	Value float64 // per cent; means nothing unless State is Scored
	State State
}

// A State tells whether a row has a score.
type State int

// The states of a score.
const (
	Absent State = iota // the row has no data set for it
	Failed              // one of its data sets failed
	Scored
)

// Score returns the row's score in a column or average of a name, such as "Clust",
// "Clust.v1" or "AvgAll.v2". An average failed if a column that counts in it did.
func (row *Row) Score(name string) Score {
	for _, c := range row.Columns {
		switch {
		case c.Name() != name:
		case c.Failed > 0:
			return Score{State: Failed}
		case c.Tasks > 0 && finite(c.Score):
			return Score{c.Score, Scored}
		}
	}
	for _, a := range row.Averages {
		if a.Name == name && a.Whole && finite(a.Score) {
			return Score{a.Score, Scored}
		}
	}
	for _, f := range eval.Formulas {
		for _, c := range row.Columns {
			if f.Name == name && c.Failed > 0 && f.Counts(c.Column) {
				return Score{State: Failed}
			}
		}
	}
	return Score{}
}

// Scored returns the row's scores as package eval has those of a model.
func (row *Row) Scored() eval.Scored {
	return eval.Scored{Model: row.Name, Tasks: row.Tasks, Columns: row.Columns, Averages: row.Averages}
}

// finite tells whether x is neither infinite nor NaN.
func finite(x float64) bool { return x-x == 0 }
