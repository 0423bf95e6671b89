package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval"
)

// parseGates reads the values of --fail-under; of several for one name the last counts.
func parseGates(list []string) ([]eval.Gate, error) {
	byName := map[string]eval.Gate{}
	for _, text := range list {
		gate, err := eval.ParseGate(text)
		if err != nil {
			return nil, usagef("--fail-under: %s", strings.TrimPrefix(err.Error(), "eval: parse gate: "))
		}
		byName[gate.Name] = gate
	}
	return slices.Collect(maps.Values(byName)), nil // their order does not matter: CheckGates sorts
}

// checkGates fails for a score that is lower than its gate, or not there.
func checkGates(all []eval.Scored, gates []eval.Gate) error {
	under := eval.CheckGates(gates, all)
	if len(under) == 0 {
		return nil
	}
	return gateError{fmt.Errorf("eval: %s", strings.Join(under, "; "))}
}
