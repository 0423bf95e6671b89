package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/eval"
)

// parseGates reads "NAME=SCORE".
func parseGates(list []string) (map[string]float64, error) {
	gates := map[string]float64{}
	for _, gate := range list {
		name, text, ok := strings.Cut(gate, "=")
		least, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || !knownScore(name) {
			return nil, usagef("--fail-under: %q is not a column or average, = and a number, such as WordSim=45 or AvgAll.v2=50", gate)
		}
		gates[name] = least
	}
	return gates, nil
}

func knownScore(name string) bool {
	column := name
	if base, version, ok := strings.Cut(name, "."); ok && (version == "v1" || version == "v2") {
		column = base
	}
	return slices.Contains(eval.Columns, eval.Column(column)) || slices.Contains([]string{"AvgMTEB.v1", "AvgAll.v1", "AvgMTEB.v2", "AvgAll.v2"}, name)
}

// checkGates fails for a score that is lower than its gate, or not there.
func checkGates(all []evaluated, gates map[string]float64) error {
	var under []string
	for _, e := range all {
		scores := e.scores()
		for name, least := range gates {
			if got, ok := scores[name]; !ok {
				under = append(under, fmt.Sprintf("%s has no %s", e.System, name))
			} else if !(got >= least-1e-9) { // a mean of 50s may be 49.999999999999
				under = append(under, fmt.Sprintf("%s of %s is %.2f, under %v", name, e.System, got, least))
			}
		}
	}
	if len(under) == 0 {
		return nil
	}
	slices.Sort(under)
	return gateError{fmt.Errorf("eval: %s", strings.Join(under, "; "))}
}
