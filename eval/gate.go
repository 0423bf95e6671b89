package eval

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Gate is a bound on a score, by the name of a data set, a column or an average:
// "SICK-R", "STS", "Clust.v1", "AvgAll.v2". It is per cent, or points of a difference.
type Gate struct {
	Name  string
	Bound float64
}

// ParseGate reads a gate: a name, = and a finite number, as "WordSim=45".
func ParseGate(text string) (Gate, error) {
	i := strings.LastIndexByte(text, '=')
	if i > 0 {
		if bound, err := strconv.ParseFloat(text[i+1:], 64); err == nil && !math.IsNaN(bound) && !math.IsInf(bound, 0) {
			return Gate{text[:i], bound}, nil
		}
	}
	return Gate{}, fmt.Errorf("eval: parse gate: %q is not NAME=NUMBER with the name of a data set, column or average, such as WordSim=45 or AvgAll.v2=50", text)
}

// Gates are what the scores of models have to hold. The zero value holds for all.
type Gates struct {
	// Least are the least scores. A score that is not there does not hold.
	Least []Gate
	// MinCoverage is the least share, in (0, 1], of data sets that a mean in Least or Drops
	// has to be over: of its official list for an average, of Folder for a column. With 0,
	// all data sets of Folder that count in the mean have to be scored.
	MinCoverage float64
	Folder      []Task // the data sets that the folder holds

	// Drops are the largest differences to the baseline, in points: a score may be lower by
	// this much. The name "" stands for every average. An average that is over other data
	// sets than the baseline's does not hold.
	Drops []Gate
	// Baseline are earlier scores: those of one model, or of models by their names.
	Baseline []Scored
}

// Check says of each model and gate why it does not hold, sorted; nothing if all do.
func (g Gates) Check(models []Scored) []string {
	var out []string
	for _, s := range models {
		for _, least := range g.Least {
			out = append(out, g.checkLeast(s, least))
		}
		for _, drop := range g.Drops {
			out = append(out, g.checkDrop(s, drop)...)
		}
	}
	out = slices.DeleteFunc(out, func(why string) bool { return why == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// Unknown returns the first name of a gate that no score of the folder can have, "" if
// there is none.
func (g Gates) Unknown() string {
	for _, gate := range slices.Concat(g.Least, g.Drops) {
		if gate.Name != "" && !knownScore(gate.Name) && !slices.ContainsFunc(g.Folder, func(t Task) bool { return t.is(gate.Name) }) {
			return gate.Name
		}
	}
	return ""
}

func (g Gates) checkLeast(s Scored, least Gate) string {
	got, ok := s.named(least.Name)
	switch {
	case !ok:
		why := fmt.Sprintf("%s has no %s", s.Model, least.Name)
		if _, own := s.named(least.Name + "." + Own); own {
			why += fmt.Sprintf(", but %s.%s of data sets of your own", least.Name, Own)
		}
		return why
	case !atLeast(got, least.Bound):
		return fmt.Sprintf("%s of %s is %.2f, under %v", least.Name, s.Model, got, least.Bound)
	}
	return g.checkCoverage(s, least.Name)
}

// checkCoverage says why a mean is over too few data sets.
func (g Gates) checkCoverage(s Scored, name string) string {
	var missing []string
	held := 0
	for _, t := range g.Folder {
		if !t.counts(name) {
			continue
		}
		held++
		if !slices.ContainsFunc(s.Tasks, func(r Result) bool { return r.Task == t.Name && !r.Failed() }) {
			missing = append(missing, t.Name)
		}
	}
	if g.MinCoverage == 0 {
		if missing == nil {
			return ""
		}
		return fmt.Sprintf("%s of %s lacks %d of the %d data sets that the folder has for it: %s", name, s.Model, len(missing), held, strings.Join(missing, ", "))
	}
	have, of := held-len(missing), held
	if i := slices.IndexFunc(s.Averages, func(a Average) bool { return a.Name == name }); i >= 0 {
		have, of = s.Averages[i].Have, s.Averages[i].Of
	}
	if of == 0 || atLeast(float64(have)/float64(of), g.MinCoverage) {
		return ""
	}
	return fmt.Sprintf("%s of %s covers %d of %d data sets, less than the share %v", name, s.Model, have, of, g.MinCoverage)
}

// checkDrop says which scores are lower than the baseline's by more than drop allows.
func (g Gates) checkDrop(s Scored, drop Gate) []string {
	base := slices.IndexFunc(g.Baseline, func(b Scored) bool { return b.Model == s.Model })
	switch {
	case base < 0 && len(g.Baseline) != 1:
		return []string{fmt.Sprintf("the baseline has no model %s", s.Model)}
	case base < 0:
		base = 0
	}
	names := []string{drop.Name}
	if drop.Name == "" {
		names = nil
		for _, a := range s.Averages {
			if a.Whole || a.Have > 0 {
				names = append(names, a.Name)
			}
		}
		if names == nil {
			return []string{s.Model + " has no average to hold against the baseline"}
		}
	}
	var out []string
	for _, name := range names {
		out = append(out, cmp.Or(checkFall(s, g.Baseline[base], name, drop.Bound), g.checkCoverage(s, name)))
	}
	return out
}

// checkFall says why the score of a name is too far under that of the baseline b.
func checkFall(s, b Scored, name string, most float64) string {
	got, ok := s.named(name)
	want, has := b.named(name)
	switch {
	case !ok:
		return fmt.Sprintf("%s has no %s", s.Model, name)
	case !has:
		return fmt.Sprintf("the baseline has no %s", name)
	case !slices.Equal(s.over(name), b.over(name)):
		return fmt.Sprintf("%s of %s is over %d data sets and the baseline's over %d, not the same ones", name, s.Model, len(s.over(name)), len(b.over(name)))
	case !atLeast(got, want-most):
		return fmt.Sprintf("%s of %s is %.2f, %.2f under the baseline's %.2f", name, s.Model, got, want-got, want)
	}
	return ""
}

// atLeast allows for rounding: a mean of 50s may be 49.999999999999.
func atLeast(got, least float64) bool { return got >= least-1e-9 }

// named returns a score by the name of a data set, a column or an average.
func (s Scored) named(name string) (float64, bool) {
	if score, ok := s.Scores()[name]; ok {
		return score, true
	}
	i := slices.IndexFunc(s.Tasks, func(r Result) bool { return (r.Task == name || r.task.Official == name) && !r.Failed() })
	if i < 0 {
		return 0, false
	}
	return s.Tasks[i].Score, true
}

// over lists the data sets that a score of a name is over, sorted.
func (s Scored) over(name string) []string {
	var out []string
	for _, r := range s.Tasks {
		if r.task.counts(name) && !r.Failed() {
			out = append(out, r.Task)
		}
	}
	slices.Sort(out)
	return out
}

// counts tells whether the task is in the mean of a name, a column's or an average's.
func (t Task) counts(name string) bool {
	for _, f := range slices.Concat(Formulas, MultilingualFormulas) {
		if f.Name == name {
			return f.Counts(t.Column) && t.Counts(f.Version)
		}
	}
	column, version := splitVersion(name)
	if t.Column != Column(column) {
		return false
	}
	if version != "" {
		return t.Counts(version)
	}
	return slices.ContainsFunc([]string{"v1", "v2", Multilingual2}, t.Counts)
}

// splitVersion parts "Clust.v1"; a name without a version has "".
func splitVersion(name string) (column, version string) {
	if column, version, ok := strings.Cut(name, "."); ok && slices.Contains(append([]string{Own}, Versions...), version) {
		return column, version
	}
	return name, ""
}

// knownScore tells whether a column or an average may have the name.
func knownScore(name string) bool {
	column, _ := splitVersion(name)
	return slices.Contains(slices.Concat(Columns, MultilingualColumns), Column(column)) || slices.ContainsFunc(slices.Concat(Formulas, MultilingualFormulas), func(f Formula) bool { return f.Name == name })
}

// ReadScored reads the scores of models as m2v eval --json prints them. There is at least
// one model.
func ReadScored(r io.Reader) ([]Scored, error) {
	var in struct {
		Models []Scored `json:"models"`
	}
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return nil, fmt.Errorf("eval: read scores: %w", err)
	}
	if len(in.Models) == 0 {
		return nil, errors.New("eval: read scores: it has no models: give a file that m2v eval --json wrote")
	}
	return in.Models, nil
}
