package ablate

import (
	"slices"

	"github.com/m2v-dev/m2v/eval"
)

// Compare fills what follows from the rows' scores: each row's Delta, and Claims with
// their intervals, and the Front. The same report and seed give the same numbers, whatever the machine
// has of cores. What could not be compared, and why, is added to Warnings; a second call
// adds nothing twice.
func (r *Report) Compare(seed uint64) {
	base, ok := r.Find(r.Baseline)
	for i := range r.Rows {
		r.Rows[i].Delta = nil
		if ok && i != base {
			r.compareRows(&r.Rows[i], &r.Rows[base])
		}
	}
	r.Claims = r.claims(seed)
	r.Front = r.front()
}

// Find returns the index of the variant of a name; other models are never found.
func (r *Report) Find(name string) (int, bool) {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Name == name && row.Kind != KindModel })
	return i, i >= 0
}

// compareRows fills the Delta of row. A column or an average that the two have of
// different data sets has none: the difference would be that of the data sets.
func (r *Report) compareRows(row, base *Row) {
	delta := map[string]float64{}
	add := func(name string, counts func(eval.Result) bool) {
		got, want := row.Score(name), base.Score(name)
		switch {
		case got.State != Scored || want.State != Scored:
		case !slices.Equal(row.counted(counts), base.counted(counts)):
			r.warn(row.Name + ": " + name + " is of other data sets than that of " + base.Name + ": not compared")
		default:
			delta[name] = got.Value - want.Value
		}
	}
	for _, c := range row.Columns {
		add(c.Name(), columnTasks(c))
	}
	for _, f := range eval.Formulas {
		add(f.Name, func(t eval.Result) bool { return f.Counts(t.Column) && t.Counts(f.Version) })
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
