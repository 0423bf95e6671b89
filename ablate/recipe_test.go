package ablate

import (
	"slices"
	"strings"
	"testing"
)

// axes reads axes as the command line writes them.
func axes(t *testing.T, list ...string) []Axis {
	t.Helper()
	var out []Axis
	for _, s := range list {
		a, err := ParseAxis(s)
		if err != nil {
			t.Fatal(err)
		}
		if a.String() != s {
			t.Errorf("%q is written as %q", s, a)
		}
		out = append(out, a)
	}
	return out
}

func TestGridIsAllCombinations(t *testing.T) {
	got, err := Grid(axes(t, "pca-dims=64,none", "quantize-to=int8,float16"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range got {
		names = append(names, v.Name)
	}
	want := []string{
		"pca-dims=64,quantize-to=int8", "pca-dims=64,quantize-to=float16",
		"pca-dims=none,quantize-to=int8", "pca-dims=none,quantize-to=float16",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if s := got[3].Settings; !slices.Equal(s, []Setting{{Flag: "pca-dims", Value: "none"}, {Flag: "quantize-to", Value: "float16"}}) {
		t.Errorf("settings of the last are %v", s)
	}
	if none, err := Grid(nil); none != nil || err != nil {
		t.Errorf("no axes: got %v, %v", none, err)
	}
}

func TestGridRefuses(t *testing.T) {
	for _, bad := range []string{"pca-dims", "=8", "pca-dims=8,,9", "pca-dims=", ""} {
		if a, err := ParseAxis(bad); err == nil || !strings.Contains(err.Error(), "is not FLAG=VALUE") {
			t.Errorf("%q: got axis %v and error %v", bad, a, err)
		}
	}
	check := func(want string, list ...string) {
		t.Helper()
		if _, err := Grid(axes(t, list...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q", list, err, want)
		}
	}
	many := "pca-dims=" + strings.TrimSuffix(strings.Repeat("1,", 15), ",")
	check("is given twice", "pca-dims=8", "pca-dims=9")
	check("occurs twice", "pca-dims=8,8")
	check("makes 225 students: at most 200 are allowed", many, strings.Replace(many, "dims", "drop", 1))
}

func TestMerge(t *testing.T) {
	got := merge([]Setting{{Flag: "a", Value: "1"}, {Flag: "b", Value: "2"}}, nil, []Setting{{Flag: "c", Value: "3"}, {Flag: "a", Value: "4"}})
	if want := []Setting{{Flag: "a", Value: "4"}, {Flag: "b", Value: "2"}, {Flag: "c", Value: "3"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The rows of the published table are what their names say, in every recipe that has
// them: the claims are about names.
func TestRecipesOfThePublishedTable(t *testing.T) {
	for _, name := range []string{"current", "paper"} {
		r, err := FindRecipe(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Changes {
			s := merge(r.Settings, v.Settings)
			has := func(setting Setting) bool { return slices.Contains(s, setting) }
			if strings.Contains(v.Name, "nopca") != has(noPCA) || strings.Contains(v.Name, "nozipf") != has(noZipf) ||
				strings.Contains(v.Name, "input") != has(input) || strings.Contains(v.Name, "plain") != v.BaseModel {
				t.Errorf("%s: %s has the settings %v", name, v.Name, s)
			}
		}
		if len(r.Changes) != 7 || r.Changes[0].Settings != nil {
			t.Errorf("%s: %d variants, the first with %v; want 7, the first the recipe itself", name, len(r.Changes), r.Changes[0].Settings)
		}
	}
	if _, err := FindRecipe("latest"); err == nil || !strings.Contains(err.Error(), "current, paper, sharp") {
		t.Errorf("an unknown recipe: got error %v", err)
	}
}
