package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/metric"
)

// A ColumnScore is the plain mean of a column's data sets.
type ColumnScore struct {
	Column Column `json:"column"`
	// Version is "v1" or "v2" where both versions of MTEB have data sets here and not
	// the same ones: then each has a mean of its own. It is Own for one's own data sets.
	Version string  `json:"version,omitempty"`
	Score   float64 `json:"score"` // per cent; means nothing if Failed > 0
	Tasks   int     `json:"tasks"` // data sets in the mean
	Failed  int     `json:"failed"`
}

// MarshalJSON writes the column with a score of null where a task failed.
func (c ColumnScore) MarshalJSON() ([]byte, error) {
	type plain ColumnScore
	out := struct {
		plain
		Score *float64 `json:"score"`
	}{plain: plain(c)}
	if c.Failed == 0 {
		out.Score = &c.Score
	}
	return json.Marshal(out)
}

// Name is the column's, with the version where it has one: "Clust", "Clust.v1".
func (c ColumnScore) Name() string {
	if c.Version == "" {
		return string(c.Column)
	}
	return string(c.Column) + "." + c.Version
}

// An Average is one of the published formulas on the data that are there.
type Average struct {
	Name  string  `json:"name"` // of Formulas or MultilingualFormulas
	Score float64 `json:"score"`
	// Whole tells whether there is a score: no task failed, and there is at least one.
	Whole bool `json:"whole"`
	// Have of the Of data sets of the official list are covered; Missing are the
	// others. Data sets that the list lacks stand in for them in the score. The list of
	// OwnAverage is one's own data sets.
	Have    int      `json:"have"`
	Of      int      `json:"of"`
	Missing []string `json:"missing,omitempty"`
}

// MarshalJSON writes the average with a score of null where there is none.
func (a Average) MarshalJSON() ([]byte, error) {
	type plain Average
	out := struct {
		plain
		Score *float64 `json:"score"`
	}{plain: plain(a)}
	if a.Whole {
		out.Score = &a.Score
	}
	return json.Marshal(out)
}

// A Formula is one of the published averages.
type Formula struct {
	Name string
	// Version is that of the data sets that count, and the formula: "v1" is the mean of
	// all data sets, "v2" the mean of the columns' means, Own the mean of all data sets.
	Version string
	All     bool // every column counts, not only MTEB's
}

// Own is the version of one's own data sets, those of the plain form that no published
// table knows: they are in no other mean.
const Own = "own"

// OwnAverage is the name of the mean of one's own data sets.
const OwnAverage = "AvgOwn"

// Formulas are the published averages in the order of the tables, and that of one's own
// data sets.
var Formulas = []Formula{
	{"AvgMTEB.v1", "v1", false},
	{"AvgAll.v1", "v1", true},
	{"AvgMTEB.v2", "v2", false},
	{"AvgAll.v2", "v2", true},
	{OwnAverage, Own, true},
}

// MultilingualFormulas are the averages of MTEB(Multilingual): the mean of all data sets,
// and that of the columns' means.
var MultilingualFormulas = []Formula{
	{"Mean (Task)", Multilingual2, false},
	{"Mean (TaskType)", Multilingual2, false},
}

// Multilingual2 is the version of MTEB(Multilingual, v2).
const Multilingual2 = "multilingual"

// Counts tells whether the average is over a column's data sets.
func (f Formula) Counts(c Column) bool {
	if f.Version == Multilingual2 {
		return slices.Contains(MultilingualColumns, c)
	}
	return f.All || c.MTEB()
}

// byColumn tells whether the average is that of the columns' means.
func (f Formula) byColumn() bool { return f.Version == "v2" || f.Name == "Mean (TaskType)" }

// official returns the names of the data sets of a column that the average is over.
func (f Formula) official(c Column) []string {
	if f.Version == Own {
		return nil
	}
	if f.Version != Multilingual2 {
		return official(versionOf(f.Version), c)
	}
	var out []string
	for _, l := range languageSets() {
		if l.column == c {
			out = append(out, l.name)
		}
	}
	return out
}

// Columns returns the mean of each column that has tasks, in the order of Columns. A
// column is two where the data sets of MTEB's two versions differ: see ColumnScore.
func (r *Results) Columns() []ColumnScore {
	out := []ColumnScore{}
	if r.multilingual() {
		for _, c := range MultilingualColumns {
			if s := r.column(c, Multilingual2); s.Tasks+s.Failed > 0 {
				out = append(out, s)
			}
		}
		return out
	}
	for _, c := range Columns {
		v1, v2 := r.column(c, "v1"), r.column(c, "v2")
		has1, has2 := v1.Tasks+v1.Failed > 0, v2.Tasks+v2.Failed > 0
		switch {
		case has1 && has2 && !r.sameTasks(c):
			v1.Version, v2.Version = "v1", "v2"
			out = append(out, v1, v2)
		case has1:
			out = append(out, v1)
		case has2:
			out = append(out, v2)
		}
	}
	for _, c := range Columns {
		if own := r.column(c, Own); own.Tasks+own.Failed > 0 {
			own.Version = Own
			out = append(out, own)
		}
	}
	return out
}

// Counts tells whether the task is in the means of a version, "v1", "v2" or Own. A data set of
// the official lists as the Hub has it is only in those of the versions that list it; one
// of the plain form is in both, and is averaged in place of data sets that are not there.
func (t Task) Counts(version string) bool {
	if t.form == formMultilingual || version == Multilingual2 {
		return t.form == formMultilingual && version == Multilingual2
	}
	if t.Extra || version == Own || t.form != formHub {
		return t.Extra == (version == Own)
	}
	s, ok := named(t.Official)
	return ok && s.column == t.Column && s.in&versionOf(version) != 0
}

// column returns the mean of a column's tasks that count in a version.
func (r *Results) column(c Column, version string) ColumnScore {
	s := ColumnScore{Column: c}
	for _, t := range r.Tasks {
		switch {
		case t.Column != c || !t.task.Counts(version):
		case t.Failed():
			s.Failed++
		default:
			s.Tasks++
			s.Score += t.Score
		}
	}
	if s.Tasks > 0 {
		s.Score /= float64(s.Tasks)
	}
	return s
}

// sameTasks tells whether the same tasks of a column count in both versions.
func (r *Results) sameTasks(c Column) bool {
	return !slices.ContainsFunc(r.Tasks, func(t Result) bool {
		return t.Column == c && t.task.Counts("v1") != t.task.Counts("v2")
	})
}

// multilingual tells whether the tasks are those of MTEB(Multilingual).
func (r *Results) multilingual() bool {
	return slices.ContainsFunc(r.Tasks, func(t Result) bool { return t.task.form == formMultilingual })
}

// Averages returns the averages of Formulas, or of MultilingualFormulas. v1 and v2 are never
// mixed, and a failed task leaves an average without a score rather than out of it. Where all
// data sets are one's own there is OwnAverage alone, and where none is, it is not there.
func (r *Results) Averages() []Average {
	formulas := Formulas
	if r.multilingual() {
		formulas = MultilingualFormulas
	}
	own := 0
	for _, t := range r.Tasks {
		if t.task.Counts(Own) {
			own++
		}
	}
	out := []Average{}
	for _, f := range formulas {
		if published := f.Version != Own; published && (own == 0 || own < len(r.Tasks)) || !published && own > 0 {
			out = append(out, r.average(f))
		}
	}
	return out
}

func (r *Results) average(f Formula) Average {
	a := Average{Name: f.Name, Missing: []string{}}
	var scores []float64
	failed := 0
	for _, column := range f.columns() {
		if !f.Counts(column) {
			continue
		}
		for _, t := range r.Tasks {
			if t.Column != column || f.Version != Own || !t.Counts(Own) {
				continue
			}
			if a.Of++; t.Failed() {
				a.Missing = append(a.Missing, t.Task)
			} else {
				a.Have++
			}
		}
		for _, set := range f.official(column) {
			a.Of++
			if r.covers(set) {
				a.Have++
			} else {
				a.Missing = append(a.Missing, set)
			}
		}
		c := r.column(column, f.Version)
		failed += c.Failed
		switch {
		case c.Tasks+c.Failed == 0:
		case f.byColumn():
			scores = append(scores, c.Score)
		default:
			for _, t := range r.Tasks {
				if t.Column == column && t.task.Counts(f.Version) && !t.Failed() {
					scores = append(scores, t.Score)
				}
			}
		}
	}
	a.Whole = failed == 0 && len(scores) > 0
	if a.Whole {
		a.Score = metric.Mean(scores)
	}
	return a
}

// Coverage says how many data sets of its list the average covers and, where it is one over
// all columns, which are missing.
func (a Average) Coverage() string {
	list := "of the official list"
	if a.Name == OwnAverage {
		list = "of your own"
	}
	line := fmt.Sprintf("%s covers %d of the %d data sets %s", a.Name, a.Have, a.Of, list)
	if (strings.HasPrefix(a.Name, "AvgAll") || a.Name == "Mean (Task)") && len(a.Missing) > 0 {
		line += "; missing: " + strings.Join(a.Gaps(), ", ")
	}
	return line
}

// Gaps lists the missing data sets for people: by name, and of a column that is missing
// altogether how many there are: "all 12 of Class".
func (a Average) Gaps() []string {
	var out []string
	i := slices.IndexFunc(slices.Concat(Formulas, MultilingualFormulas), func(f Formula) bool { return f.Name == a.Name })
	if i < 0 {
		return a.Missing
	}
	f := slices.Concat(Formulas, MultilingualFormulas)[i]
	for _, c := range f.columns() {
		all := f.official(c)
		missing := slices.DeleteFunc(slices.Clone(all), func(set string) bool { return !slices.Contains(a.Missing, set) })
		if n := len(all); n > 1 && len(missing) == n {
			missing = []string{fmt.Sprintf("all %d of %s", n, c)}
		}
		out = append(out, missing...)
	}
	return out
}

// columns are those that the average may be over, in the order of its table.
func (f Formula) columns() []Column {
	if f.Version == Multilingual2 {
		return MultilingualColumns
	}
	return Columns
}

// covers tells whether an official data set was scored, with all of its subsets.
func (r *Results) covers(set string) bool {
	return slices.ContainsFunc(r.Tasks, func(t Result) bool {
		return t.task.Official == set && !t.Failed() && t.Details["subsets"] == t.Details["of"]
	})
}
