package ablate

import (
	"slices"

	"github.com/m2v-dev/m2v/eval"
)

// Compare fills what follows from the rows' scores: each row's Delta, and Claims with
// their intervals. The same report and seed give the same numbers, whatever the machine
// has of cores. What could not be compared, and why, is added to Warnings; a second call
// adds nothing twice.
func (r *Report) Compare(seed uint64) {
	base, ok := r.find(r.Baseline)
	for i := range r.Rows {
		r.Rows[i].Delta = nil
		if ok && i != base {
			r.compareRows(&r.Rows[i], &r.Rows[base])
		}
	}
	r.Claims = r.claims(seed)
}

// find returns the index of the variant of a name.
func (r *Report) find(name string) (int, bool) {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Name == name && row.Kind != KindSystem })
	return i, i >= 0
}

// compareRows fills the Delta of row. A column or an average that the two have of
// different data sets has none: the difference would be that of the data sets.
func (r *Report) compareRows(row, base *Row) {
	delta := map[string]float64{}
	add := func(name string, got, want score, counts func(eval.Result) bool) {
		switch {
		case got.state != scored || want.state != scored:
		case !slices.Equal(row.counted(counts), base.counted(counts)):
			r.warn(named(row.Name) + ": " + name + " is of other data sets than that of " + named(base.Name) + ": not compared")
		default:
			delta[name] = got.value - want.value
		}
	}
	for _, c := range row.Columns {
		add(c.Name(), row.column(c.Name()), base.column(c.Name()), columnTasks(c))
	}
	for _, a := range averages {
		add(a.name, row.average(a), base.average(a), func(t eval.Result) bool { return a.counts(t.Column) && t.Counts(a.version) })
	}
	if len(delta) > 0 {
		row.Delta = delta
	}
}

// columnTasks tells which tasks are in a column's mean.
func columnTasks(c eval.ColumnScore) func(eval.Result) bool {
	return func(t eval.Result) bool {
		if c.Version != "" {
			return t.Column == c.Column && t.Counts(c.Version)
		}
		return t.Column == c.Column && (t.Counts("v1") || t.Counts("v2"))
	}
}

// warn adds a warning unless it is there.
func (r *Report) warn(text string) {
	if !slices.Contains(r.Warnings, text) {
		r.Warnings = append(r.Warnings, text)
	}
}

// averages are the published formulas in the order of the tables.
var averages = []average{
	{"AvgMTEB.v1", "v1", false}, {"AvgAll.v1", "v1", true}, {"AvgMTEB.v2", "v2", false}, {"AvgAll.v2", "v2", true},
}

// An average is a formula by name; all of them but AvgMTEB count every column.
type average struct {
	name    string
	version string
	all     bool
}

func (a average) counts(c eval.Column) bool { return a.all || c != eval.Pearl && c != eval.WordSim }

// A score is one of a row, if it has it.
type score struct {
	value float64 // per cent; means nothing unless scored
	state state
}

type state int

const (
	absent state = iota // the row has no data set for it
	failed              // one of its data sets failed
	scored
)

// column returns the row's score in the column of a name, such as "Clust".
func (row *Row) column(name string) score {
	for _, s := range row.Columns {
		switch {
		case s.Name() != name:
		case s.Failed > 0:
			return score{state: failed}
		case s.Tasks > 0 && finite(s.Score):
			return score{s.Score, scored}
		}
	}
	return score{}
}

// average returns the row's score by a formula. It failed if a column that counts did.
func (row *Row) average(a average) score {
	for _, s := range row.Averages {
		if s.Name == a.name && s.Whole && finite(s.Score) {
			return score{s.Score, scored}
		}
	}
	for _, c := range row.Columns {
		if c.Failed > 0 && a.counts(c.Column) {
			return score{state: failed}
		}
	}
	return score{}
}

// finite tells whether x is neither infinite nor NaN.
func finite(x float64) bool { return x-x == 0 }

// counted lists the row's scored data sets that count, sorted.
func (row *Row) counted(counts func(eval.Result) bool) []string {
	var names []string
	for _, t := range row.Tasks {
		if counts(t) && !t.Failed() {
			names = append(names, string(t.Column)+"/"+t.Task)
		}
	}
	slices.Sort(names)
	return names
}
