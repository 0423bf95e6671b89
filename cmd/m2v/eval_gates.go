package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/eval"
)

// gateOptions are the flags of scores that have to hold.
type gateOptions struct {
	Least       []string // of eval.ParseGate
	MinCoverage float64
	Baseline    string // a file of m2v eval --json; diff and ablate have a baseline without one
	MaxDrop     []string
}

// addFlags adds the flags but for --baseline; whose is the model that they are about.
func (o *gateOptions) addFlags(f *pflag.FlagSet, whose string) {
	f.StringSliceVar(&o.Least, "fail-under", nil, "exit with 3 if a data set, column or average of "+whose+" is lower, such as WordSim=45,AvgAll.v2=50")
	f.Float64Var(&o.MinCoverage, "min-coverage", 0, "a mean passes a gate only if it covers this share, in (0, 1], of the official data sets (default: all data sets of the folder that count in it)")
	f.StringSliceVar(&o.MaxDrop, "max-drop", nil, "exit with 3 if a score of "+whose+" is lower than the baseline's by more points: 0.5 for all averages, or STS=0.5")
}

// asked tells whether there are gates.
func (o gateOptions) asked() bool { return o.Least != nil || o.MaxDrop != nil }

// check refuses flags that have no effect.
func (o gateOptions) check(hasBaseline bool) error {
	switch {
	case o.MinCoverage < 0 || o.MinCoverage > 1:
		return usagef("--min-coverage %v is not in (0, 1]", o.MinCoverage)
	case o.MinCoverage > 0 && !o.asked():
		return usagef("--min-coverage has no effect without --fail-under or --max-drop")
	case o.Baseline != "" && o.MaxDrop == nil:
		return withHint(usagef("--baseline has no effect without --max-drop"), "say how many points a score may be lower, such as --max-drop 0.5")
	case o.MaxDrop != nil && !hasBaseline && o.Baseline == "":
		return withHint(usagef("--max-drop without --baseline"), "name a file that m2v eval --json has written")
	}
	return nil
}

// gates returns the gates for scores on the data sets that the folder holds.
func (o gateOptions) gates(folder []eval.Task) (eval.Gates, error) {
	g := eval.Gates{MinCoverage: o.MinCoverage, Folder: folder}
	if err := g.Parse(o.Least, o.MaxDrop); err != nil || o.Baseline == "" {
		return g, err
	}
	var err error
	g.Baseline, err = eval.ReadBaseline(o.Baseline)
	return g, err
}

// checkGates fails for scores that do not hold.
func checkGates(all []eval.Scored, gates eval.Gates) error {
	under := gates.Check(all)
	if len(under) == 0 {
		return nil
	}
	return gateError{fmt.Errorf("eval: %s", strings.Join(under, "; "))}
}
