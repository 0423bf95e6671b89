package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Gate is the least score that a column or an average has to have.
type Gate struct {
	Name  string // of a ColumnScore or an Average: "STS", "Clust.v1", "AvgAll.v2"
	Least float64
}

// ParseGate reads a gate: a name, = and a number, as "WordSim=45".
func ParseGate(text string) (Gate, error) {
	name, number, ok := strings.Cut(text, "=")
	least, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !knownScore(name) {
		return Gate{}, fmt.Errorf("eval: parse gate: %q is not a column or average, = and a number, such as WordSim=45 or AvgAll.v2=50", text)
	}
	return Gate{name, least}, nil
}

// knownScore tells whether a column or an average may have the name.
func knownScore(name string) bool {
	column := name
	if base, version, ok := strings.Cut(name, "."); ok && slices.Contains(Versions, version) {
		column = base
	}
	return slices.Contains(slices.Concat(Columns, MultilingualColumns), Column(column)) || slices.ContainsFunc(slices.Concat(Formulas, MultilingualFormulas), func(f Formula) bool { return f.Name == name })
}

// Check says why a model's scores do not pass, "" if they do. A score that is not there
// does not pass.
func (g Gate) Check(s Scored) string {
	got, ok := s.Scores()[g.Name]
	switch {
	case !ok:
		return fmt.Sprintf("%s has no %s", s.Model, g.Name)
	case !(got >= g.Least-1e-9): // a mean of 50s may be 49.999999999999
		return fmt.Sprintf("%s of %s is %.2f, under %v", g.Name, s.Model, got, g.Least)
	}
	return ""
}

// CheckGates returns what Check says of each model and gate, sorted; nothing if all pass.
func CheckGates(gates []Gate, models []Scored) []string {
	var out []string
	for _, s := range models {
		for _, g := range gates {
			if why := g.Check(s); why != "" {
				out = append(out, why)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
