package eval

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/internal/fault"
)

// Parse adds gates that are written as text: least are those of ParseGate, and drops are
// either the same or a number of points alone, which stands for every average. Folder has to
// be set: a name that no score of it can have is an error.
func (g *Gates) Parse(least, drops []string) error {
	for _, text := range least {
		gate, err := ParseGate(text)
		if err != nil {
			return fault.Option("fail-under", nil, ": %s", strings.TrimPrefix(err.Error(), "eval: parse gate: "))
		}
		g.Least = append(g.Least, gate)
	}
	for _, text := range drops {
		gate, err := ParseGate(text)
		if most, plain := strconv.ParseFloat(text, 64); plain == nil {
			gate, err = Gate{Bound: most}, nil
		}
		if err != nil || !(gate.Bound >= 0) {
			return fault.Option("max-drop", nil, ": %q is neither a number of points, 0 or more, nor NAME=POINTS, such as 0.5 or STS=0.5", text)
		}
		g.Drops = append(g.Drops, gate)
	}
	if name := g.Unknown(); name != "" {
		return fault.Argument("--fail-under, --max-drop: %q is not a column or average, nor a data set of the folder", name)
	}
	return nil
}

// ReadBaseline reads the scores in a file that m2v eval --json has written.
func ReadBaseline(path string) ([]Scored, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := ReadScored(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}
