package ablate

import (
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/transformer"
)

func TestVariantsAreTyped(t *testing.T) {
	list, err := Choice{Recipe: "sharp", Given: []Setting{{Flag: "quantize-to", Value: "int8"}}, Grid: []Axis{{"pca-dims", []string{"16", "none"}}}}.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range list {
		names = append(names, v.Name)
		if v.Switches.Student.Type != matrix.Int8 {
			t.Errorf("%s is stored as %v: what is given is for all variants", v.Name, v.Switches.Student.Type)
		}
	}
	if want := []string{"sharp", "sharp_nodrop", "sharp_nowhiten", "current", "pca-dims=16", "pca-dims=none"}; !slices.Equal(names, want) {
		t.Fatalf("variants %q, want %q", names, want)
	}
	if s := list[1].Switches.Student; s.Drop != 0 || s.Whiten != 0.25 {
		t.Errorf("sharp_nodrop drops %d and whitens by %v", s.Drop, s.Whiten)
	}
	if s := list[5].Switches.Student; s.Dims.Mode != pca.None || s.Drop != 0 || s.Whiten != 0 {
		t.Errorf("without PCA there is %+v", s)
	}
	if got := settings(list, 0); !slices.Contains(got, "pca-whiten=0.25") || !slices.Contains(got, "quantize-to=int8") {
		t.Errorf("the report says of the first %q", got)
	}
}

// What the report says of variants that a program made by hand.
func TestSettingsOfVariantsByHand(t *testing.T) {
	a, b := distill.DefaultSwitches(), distill.DefaultSwitches()
	b.Student.SIF.Log, b.Student.Drop = true, 2
	b.Teacher.Source = transformer.Input
	list := []Variant{{Name: "a", Switches: a}, {Name: "b", Switches: b}}
	if got := settings(list, 0); !slices.Contains(got, "pca-dims=256") || !slices.Contains(got, "pooling=mean") {
		t.Errorf("the first: %q", got)
	}
	if got, want := settings(list, 1), []string{"source=input", "pca-drop=2", "sif-coefficient=log"}; !slices.Equal(got, want) {
		t.Errorf("the second: %q, want %q", got, want)
	}
}

func TestVariantsRefuse(t *testing.T) {
	for want, c := range map[string]Choice{
		`recipe: recipe "latest" is not one of`:                                    {Recipe: "latest"},
		"base-model: no variant uses it":                                           {Recipe: "sharp", BaseModel: true},
		"source=input is set for all variants: variant input would be the same as": {Given: []Setting{{Flag: "source", Value: "input"}}},
		"pooling has no effect with source=input":                                  {Grid: []Axis{{"source", []string{"input"}}, {"pooling", []string{"mean"}}}},
		"--vocabulary - can be read only once":                                     {Grid: []Axis{{"vocabulary", []string{"-"}}}},
		"variant color=red: color is not a setting of a student":                   {Grid: []Axis{{"color", []string{"red"}}}},
		`variant pca-dims=many: pca-dims many`:                                     {Grid: []Axis{{"pca-dims", []string{"many"}}}},
		"variant pca-drop=-1: pca-drop -1 is negative":                             {Grid: []Axis{{"pca-drop", []string{"-1"}}}},
		"grid: grid \"pca-dims=9\": pca-dims is given twice":                       {Grid: []Axis{{"pca-dims", []string{"8"}}, {"pca-dims", []string{"9"}}}},
	} {
		if _, err := c.Variants(distill.DefaultSwitches()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got error %v, want %q", c, err, want)
		}
	}
	s := distill.DefaultSwitches()
	for want, o := range map[string]Options{
		"no variants":                  {},
		"variant 1 has no name":        {Variants: []Variant{{Switches: s}}},
		"two variants are called a":    {Variants: []Variant{{Name: "a", Switches: s}, {Name: "a", Switches: s}}},
		"variant a needs a base model": {Variants: []Variant{{Name: "a", Switches: s, BaseModel: true}}},
		"no data to score them on":     {Variants: []Variant{{Name: "a", Switches: s}}, Compare: []string{"b"}},
	} {
		if err := o.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", want, err)
		}
	}
}

func TestFoldersOfVariants(t *testing.T) {
	var made []*student
	for name, want := range map[string]string{`a\b/c:d`: "a_b_c_d", "..": "variant", "pca-dims=64,x": "pca-dims=64,x", "日本": "_"} {
		if got := folderOf(name, nil); got != want || strings.ContainsAny(got, `/\:`) {
			t.Errorf("%q: folder %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{"a_", "A_-2", "a_-3"} {
		name := strings.ReplaceAll(strings.TrimRight(want, "-23"), "_", "?")
		got := folderOf(name, made)
		if got != want {
			t.Errorf("%q: folder %q, want %q", name, got, want)
		}
		made = append(made, &student{folder: got})
	}
}
