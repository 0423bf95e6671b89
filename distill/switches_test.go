package distill_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
	"github.com/m2v-dev/m2v/zipf"
)

// Each switch sets its own field, and only that one.
func TestSwitchesSetTheirField(t *testing.T) {
	cases := []struct {
		one  distill.Setting
		want func(*distill.Switches)
	}{
		{distill.Setting{Flag: "source", Value: "input"}, func(s *distill.Switches) { s.Teacher.Source = transformer.Input }},
		{distill.Setting{Flag: "pooling", Value: "last"}, func(s *distill.Switches) { s.Teacher.Pooling = transformer.Last }},
		{distill.Setting{Flag: "special-tokens", Value: "none"}, func(s *distill.Switches) { s.Teacher.Vocab.SpecialTokens = vocab.NoSpecialTokens }},
		{distill.Setting{Flag: "pca-dims", Value: "0.95"}, func(s *distill.Switches) { s.Student.Dims = pca.Dims{Mode: pca.Fraction, Share: 0.95} }},
		{distill.Setting{Flag: "pca-drop", Value: "3"}, func(s *distill.Switches) { s.Student.Drop = 3 }},
		{distill.Setting{Flag: "pca-whiten", Value: "0.25"}, func(s *distill.Switches) { s.Student.Whiten = 0.25 }},
		{distill.Setting{Flag: "sif-coefficient", Value: "none"}, func(s *distill.Switches) { s.Student.SIF = zipf.Coefficient{None: true} }},
		{distill.Setting{Flag: "zipf-log", Value: "true"}, func(s *distill.Switches) { s.Student.SIF = zipf.Coefficient{Log: true} }},
		{distill.Setting{Flag: "token-remove-pattern", Value: "x"}, func(s *distill.Switches) { s.Teacher.Vocab.RemovePattern = "x" }},
		{distill.Setting{Flag: "keep-added-tokens", Value: "true"}, func(s *distill.Switches) { s.Teacher.Vocab.KeepAdded = true }},
		{distill.Setting{Flag: "quantize-to", Value: "int8"}, func(s *distill.Switches) { s.Student.Type = matrix.Int8 }},
		{distill.Setting{Flag: "vocabulary-quantization", Value: "9"}, func(s *distill.Switches) { s.Student.Clusters = 9 }},
		{distill.Setting{Flag: "seed", Value: "7"}, func(s *distill.Switches) { s.Student.Seed = 7 }},
		{distill.Setting{Flag: "normalize", Value: "false"}, func(s *distill.Switches) { s.Student.Normalize = false }},
		{distill.Setting{Flag: "vocabulary", Value: "w.txt"}, func(s *distill.Switches) { s.Teacher.WordsFile = "w.txt" }},
		{distill.Setting{Flag: "vocabulary-only", Value: "true"}, func(s *distill.Switches) { s.Teacher.Vocab.Only = true }},
		{distill.Setting{Flag: "ridge", Value: "2"}, func(s *distill.Switches) { s.Student.Ridge = 2 }},
		{distill.Setting{Flag: "fit-steps", Value: "5"}, func(s *distill.Switches) { s.Student.FitSteps = 5 }},
		{distill.Setting{Flag: "fit-map", Value: "true"}, func(s *distill.Switches) { s.Student.MapPrior = true }},
		{distill.Setting{Flag: "fit-words", Value: "9"}, func(s *distill.Switches) { s.Student.Words = 9 }},
		{distill.Setting{Flag: "fit-phrases", Value: "9"}, func(s *distill.Switches) { s.Student.Phrases = 9 }},
	}
	var tested []string
	for _, tc := range cases {
		tested = append(tested, tc.one.Flag)
		got, want := distill.DefaultSwitches(), distill.DefaultSwitches()
		if err := got.Set([]distill.Setting{tc.one}); err != nil {
			t.Errorf("%s: %v", tc.one, err)
			continue
		}
		tc.want(&want)
		if g, w := got.Settings(), want.Settings(); !slices.Equal(g, w) {
			t.Errorf("%s:\n got %v\nwant %v", tc.one, g, w)
		}
		if slices.Equal(want.Settings(), func() []distill.Setting { s := distill.DefaultSwitches(); return s.Settings() }()) {
			t.Errorf("%s is the default, and tests nothing", tc.one)
		}
	}
	if !slices.Equal(tested, distill.SwitchNames) {
		t.Errorf("tested are %v, the switches are %v", tested, distill.SwitchNames)
	}
}

// Settings round trip: what a manifest or a report lists makes the same switches.
func TestSettingsMakeTheSameSwitches(t *testing.T) {
	for _, r := range append(slices.Clone(distill.Recipes), distill.FitRecipes...) {
		s := distill.DefaultSwitches()
		if err := s.Set(r.Settings); err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		again := distill.DefaultSwitches()
		if err := again.Set(s.Settings()); err != nil || !slices.Equal(again.Settings(), s.Settings()) {
			t.Errorf("%s: %v\n got %v\nwant %v", r.Name, err, again.Settings(), s.Settings())
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s does not pass its own check: %v", r.Name, err)
		}
		if found, err := distill.FindFitRecipe(r.Name); err != nil || found.Text != r.Text {
			t.Errorf("%s: found %+v, %v", r.Name, found, err)
		}
	}
	if _, err := distill.FindRecipe("blunt"); err == nil || !strings.Contains(err.Error(), "current, paper, sharp") {
		t.Errorf("got %v, want the names of the recipes", err)
	}
	fit := distill.DefaultSwitches()
	if err := fit.Set(distill.FitRecipe.Settings); err != nil || !slices.Equal(distill.FitSwitches().Settings(), fit.Settings()) {
		t.Errorf("%v: a fit's switches are %v", err, distill.FitSwitches().Settings())
	}
	current := distill.DefaultSwitches()
	if err := current.Set(distill.Recipes[0].Settings); err != nil || !slices.Equal(current.Settings(), func() []distill.Setting { s := distill.DefaultSwitches(); return s.Settings() }()) {
		t.Errorf("the recipe current is not the defaults: %v, %v", err, current.Settings())
	}
}

// A later list without a PCA drops what a recipe says of one; in one list it is an error.
func TestSetDropsWhatNeedsAPCA(t *testing.T) {
	sharp, err := distill.FindRecipe("sharp")
	if err != nil {
		t.Fatal(err)
	}
	none := distill.Setting{Flag: "pca-dims", Value: "none"}
	s := distill.DefaultSwitches()
	if err := s.Set(sharp.Settings, []distill.Setting{none}); err != nil || s.Student.Drop != 0 || s.Student.Whiten != 0 || s.Check() != nil {
		t.Errorf("%v, drop %d, whiten %v, %v", err, s.Student.Drop, s.Student.Whiten, s.Check())
	}
	s = distill.DefaultSwitches()
	if err := s.Set(sharp.Settings, []distill.Setting{none, {Flag: "pca-drop", Value: "3"}}); err != nil || s.Check() == nil {
		t.Errorf("%v: a list that asks for no PCA and drops components passes", err)
	}
	if err := s.Set(); err != nil {
		t.Error(err)
	}
	// zipf-log=false takes back log, and nothing else.
	s = distill.DefaultSwitches()
	if err := s.Set([]distill.Setting{{Flag: "zipf-log", Value: "true"}}, []distill.Setting{{Flag: "zipf-log", Value: "false"}}); err != nil || s.Student.SIF != zipf.DefaultCoefficient {
		t.Errorf("%v, SIF %v", err, s.Student.SIF)
	}
	s.Student.SIF = zipf.Coefficient{Value: 0.5}
	if err := s.Set([]distill.Setting{{Flag: "zipf-log", Value: "false"}}); err != nil || s.Student.SIF.Value != 0.5 {
		t.Errorf("%v, SIF %v", err, s.Student.SIF)
	}
	for _, bad := range []distill.Setting{{Flag: "nonsense", Value: "1"}, {Flag: "pca-drop", Value: "x"}, {Flag: "zipf-log", Value: "perhaps"}} {
		err := s.Set([]distill.Setting{bad})
		var option *fault.OptionError
		if !errors.As(err, &option) || !strings.Contains(err.Error(), bad.Flag) {
			t.Errorf("%s: got %v, want an option's error that names it", bad, err)
		}
	}
}

func TestSwitchesCheck(t *testing.T) {
	for want, change := range map[string]func(*distill.Switches){
		"batch-size -1 is negative":              func(s *distill.Switches) { s.Teacher.BatchSize = -1 },
		"pca-drop -1 is negative":                func(s *distill.Switches) { s.Student.Drop = -1 },
		"pca-whiten 2 is not in [0, 1]":          func(s *distill.Switches) { s.Student.Whiten = 2 },
		"pca-whiten NaN is not in [0, 1]":        func(s *distill.Switches) { s.Student.Whiten = math.NaN() },
		"need a PCA":                             func(s *distill.Switches) { s.Student.Dims.Mode, s.Student.Drop = pca.None, 1 },
		"vocabulary-quantization -1 is negative": func(s *distill.Switches) { s.Student.Clusters = -1 },
		"ridge 0 is not above 0":                 func(s *distill.Switches) { s.Student.Ridge = 0 },
		"ridge +Inf is not above 0":              func(s *distill.Switches) { s.Student.Ridge = math.Inf(1) },
		"fit-steps 0 is not positive":            func(s *distill.Switches) { s.Student.FitSteps = 0 },
		"fit-phrases -1 is negative":             func(s *distill.Switches) { s.Student.Phrases = -1 },
		"fit-words -1 is negative":               func(s *distill.Switches) { s.Student.Words = -1 },
		"holdout 0.6 is not in [0, 0.5]":         func(s *distill.Switches) { s.Student.Holdout = 0.6 },
		"token-remove-pattern":                   func(s *distill.Switches) { s.Teacher.Vocab.RemovePattern = "(" },
		"vocabulary-only: there are no words":    func(s *distill.Switches) { s.Teacher.Vocab.Only = true },
	} {
		s := distill.DefaultSwitches()
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		change(&s)
		var option *fault.OptionError
		if err := s.Check(); !errors.As(err, &option) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an option's error with %q", err, want)
		}
	}
}
