package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/transformer"
)

// addSwitches adds the flags that change a student. Their defaults are o's values.
func (o *distillOptions) addSwitches(f *pflag.FlagSet) {
	flags := o.Switches.Flags()
	for _, name := range distill.SwitchNames {
		f.AddFlag(pflag.PFlagFromGoFlag(flags.Lookup(name)))
	}
	older := *f.Lookup("special-tokens")
	older.Name, older.Hidden = "frame", true
	f.AddFlag(&older)
}

// addTeacherFlags adds the flags that say which teacher runs, and how.
func (o *distillOptions) addTeacherFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Switches.Teacher.ONNXFile, "onnx-file", o.Switches.Teacher.ONNXFile, "the graph, in the teacher's folder")
	f.BoolVar(&o.Switches.Teacher.AllowNaN, "allow-nan", false, "accept a teacher even if more than 1 % of its vectors hold NaN or infinite values")
	f.StringVar(&o.Revision, "revision", o.Revision, "branch, tag or commit of a teacher on the Hub")
	f.IntVar(&o.Switches.Teacher.BatchSize, "batch-size", o.Switches.Teacher.BatchSize, "sequences that run at once (default: by the graph)")
	f.IntVar(&o.Threads, "threads", o.Threads, "threads of the runtime (default: one a core)")
	o.runtimeFlags.addFlags(f, "")
}

// changedSwitches returns the switches that the command line names, with their
// values, in its order.
func changedSwitches(f *pflag.FlagSet) []distill.Setting {
	var list []distill.Setting
	f.Visit(func(flag *pflag.Flag) {
		name := flag.Name
		if name == "frame" { // the older name
			name = "special-tokens"
		}
		if slices.Contains(distill.SwitchNames, name) {
			list = append(list, distill.Setting{Flag: name, Value: flag.Value.String()})
		}
	})
	return list
}

// idle refuses flags that have no effect, and says why they have none.
func idle(f *pflag.FlagSet, why string, flags ...string) error {
	for _, flag := range flags {
		if f.Changed(flag) {
			return usagef("--%s has no effect %s", flag, why)
		}
	}
	return nil
}

// checkTogether refuses flags one of which would do nothing.
func checkTogether(f *pflag.FlagSet) error {
	if f.Changed("zipf-log") && f.Changed("sif-coefficient") {
		return usagef("--zipf-log and --sif-coefficient both say how rows are weighted: give one of them")
	}
	if source := f.Lookup("source"); source.Value.String() != string(transformer.Input) {
		return nil
	}
	return idle(f, "with --source input, which runs nothing", append([]string{"batch-size", "provider", "as-exported"}, distill.Idle...)...)
}

// checkSwitches refuses switches that no teacher could follow.
func (o distillOptions) checkSwitches() error {
	if o.Threads < 0 {
		return usagef("--threads %d is negative", o.Threads)
	}
	return o.Switches.Check()
}

func findRecipe(name string, fitted bool) (distill.Recipe, error) {
	find := distill.FindRecipe
	if fitted {
		find = distill.FindFitRecipe
	}
	r, err := find(name)
	if err != nil {
		return r, usagef("--recipe: %w", err)
	}
	return r, nil
}

// allRecipes are those without texts, then those of a fit.
func allRecipes() []distill.Recipe {
	return append(slices.Clone(distill.Recipes), distill.FitRecipes...)
}

// recipeHelp lists the recipes for help texts.
func recipeHelp() string {
	var b strings.Builder
	for _, r := range allRecipes() {
		fmt.Fprintf(&b, "  %-8s %s:\n", r.Name, r.Text)
		line := "          "
		for _, s := range r.Settings {
			flag := " --" + s.String()
			if len(line)+len(flag) > 88 {
				b.WriteString(line + "\n")
				line = "          "
			}
			line += flag
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
