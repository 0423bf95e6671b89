package ablate

import (
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/matrix"
)

func TestFittedVariants(t *testing.T) {
	names := func(list []Variant) (out []string) {
		for _, v := range list {
			out = append(out, v.Name)
		}
		return out
	}
	list, err := Choice{Fitted: true}.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	if got := names(list); !slices.Equal(got, []string{"fit", "distilled"}) || !list[1].Distilled || list[0].Distilled {
		t.Errorf("without a grid: %q, %+v", got, list)
	}
	if a, b := list[0].Switches.Student.Whiten, list[1].Switches.Student; a != 0.25 || b.Whiten != 0 || b.Drop != 0 {
		t.Errorf("fit whitens by %v, distilled by %v", a, b.Whiten)
	}
	list, err = Choice{Fitted: true, Recipe: "best"}.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		s := v.Switches.Student
		if want := v.Name != "best_nomap" && v.Name != "fit" && !v.Distilled; !v.Distilled && s.MapPrior != want {
			t.Errorf("%s: the prior is mapped: %v", v.Name, s.MapPrior)
		}
		if has := strings.Contains(v.Name, "best") && !strings.Contains(v.Name, "nowords"); !v.Distilled && (s.Words > 0) != has {
			t.Errorf("%s: %d words", v.Name, s.Words)
		}
		if has := strings.Contains(v.Name, "best") && !strings.Contains(v.Name, "nophrases"); !v.Distilled && (s.Phrases > 0) != has {
			t.Errorf("%s: %d phrases", v.Name, s.Phrases)
		}
	}
	if len(list) != 6 {
		t.Errorf("best has %q", names(list))
	}
	grid := axes(t, "fit-texts=100,5000", "ridge=0.1,0.5", "quantize-to=int8")
	list, err = Choice{Fitted: true, Grid: grid, Given: []Setting{{Flag: "pca-whiten", Value: "0"}}}.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	if v := list[4]; len(list) != 5 || v.Name != "fit-texts=5000,ridge=0.5,quantize-to=int8" || v.Texts != 5000 || v.Switches.Student.Ridge != 0.5 || v.Switches.Student.Type != matrix.Int8 {
		t.Errorf("%d variants, the last %+v", len(list), v)
	}
	if v := list[0]; v.Texts != 0 || v.Switches.Student.Whiten != 0 {
		t.Errorf("the first %+v", v)
	}
}

func TestFittedVariantsRefuse(t *testing.T) {
	for _, c := range []struct {
		want   string
		choice Choice
	}{
		{`recipe "paper" is not one of texts: fit, best`, Choice{Fitted: true, Recipe: "paper"}},
		{`recipe "best" is not one of current, paper, sharp`, Choice{Recipe: "best"}},
		{"base-model: no variant uses it", Choice{Fitted: true, BaseModel: true}},
		{"variant fit-texts=many: fit-texts many is not a number of texts of 20 or more", Choice{Fitted: true, Grid: axes(t, "fit-texts=many")}},
		{"variant fit-texts=19: fit-texts 19 is not a number", Choice{Fitted: true, Grid: axes(t, "fit-texts=19")}},
		{"fit-texts=50 occurs twice", Choice{Fitted: true, Grid: axes(t, "fit-texts=50,50")}},
		{"variant fit-texts=50: fit-texts has no effect without texts", Choice{Grid: axes(t, "fit-texts=50")}},
		{"variant ridge=1: ridge has no effect without texts", Choice{Grid: axes(t, "ridge=1")}},
		{"variant pca-dims=none: pca-dims none: a fit to texts needs components", Choice{Fitted: true, Grid: axes(t, "pca-dims=none")}},
		{"variant pca-drop=3: pca-drop 3: a fit to texts keeps all components", Choice{Fitted: true, Grid: axes(t, "pca-drop=3")}},
		{"variant source=input: source input: a student that is fitted to texts has its teacher's output as rows", Choice{Fitted: true, Grid: axes(t, "source=input")}},
	} {
		if _, err := c.choice.Variants(distill.DefaultSwitches()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got error %v, want %q", c.choice, err, c.want)
		}
	}
	s := distill.FitSwitches()
	texts := distill.Fitting{Texts: []string{"a"}}
	for want, o := range map[string]Options{
		"fit-texts -1 is negative":              {Fit: texts, Variants: []Variant{{Name: "a", Switches: s, Texts: -1}}},
		"a variant that is not fitted":          {Fit: texts, Variants: []Variant{{Name: "a", Switches: s, Texts: 30, Distilled: true}}},
		"fit-texts has no effect without texts": {Variants: []Variant{{Name: "a", Switches: s, Texts: 30}}},
		"a base model is not asked about texts": {Fit: texts, BaseModel: "b", Variants: []Variant{{Name: "a", Switches: s, BaseModel: true}}},
	} {
		if err := o.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", want, err)
		}
	}
}

// What the report says of numbers of texts that a program chose by hand.
func TestSettingsOfTextsByHand(t *testing.T) {
	s := distill.FitSwitches()
	list := []Variant{{Name: "all", Switches: s}, {Name: "some", Switches: s, Texts: 500}}
	if got := settings(list, 1); !slices.Equal(got, []string{"fit-texts=500"}) {
		t.Errorf("got %q", got)
	}
}
