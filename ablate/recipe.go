package ablate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/distill"
)

// A Setting is a switch of a student and its value.
type Setting = distill.Setting

// settingNames returns the settings as a Row lists them.
func settingNames(settings []Setting) []string {
	out := make([]string, len(settings))
	for i, s := range settings {
		out[i] = s.String()
	}
	return out
}

// merge joins lists of settings: of a flag that is there more than once the last value
// counts, in the place of the first.
func merge(lists ...[]Setting) []Setting {
	var out []Setting
	for _, s := range slices.Concat(lists...) {
		if i := slices.IndexFunc(out, func(other Setting) bool { return other.Flag == s.Flag }); i >= 0 {
			out[i] = s
		} else {
			out = append(out, s)
		}
	}
	return out
}

// A Change is a variant by the settings that tell it from its recipe; Choice.Variants
// makes Variants of them.
type Change struct {
	Name string
	// BaseModel changes the teacher as well: to one that was not trained for sentences.
	BaseModel bool
	// Distilled takes the variant out of the fit, where the others are fitted to texts: it
	// is a student of the teacher's rows alone.
	Distilled bool
	Settings  []Setting
}

// A Recipe is one of distill's, and the changes that show what each of its settings is
// worth. The first changes nothing.
type Recipe struct {
	distill.Recipe
	Changes []Change
}

// Names of the variants of the published table, which Compare's claims are about.
const (
	Output            = "output"
	OutputNoPCA       = "output_nopca"
	OutputNoZipf      = "output_nozipf"
	OutputNoZipfNoPCA = "output_nozipf_nopca"
	Input             = "input"
	InputNoZipfNoPCA  = "input_nozipf_nopca"
	BaseModelOutput   = "plain_output_nozipf_nopca"
)

var (
	noPCA  = Setting{Flag: "pca-dims", Value: "none"}
	noZipf = Setting{Flag: "sif-coefficient", Value: "none"}
	input  = Setting{Flag: "source", Value: "input"}
)

// tableRows are the seven rows of the published ablation table.
var tableRows = []Change{
	{Name: Output},
	{Name: OutputNoPCA, Settings: []Setting{noPCA}},
	{Name: OutputNoZipf, Settings: []Setting{noZipf}},
	{Name: OutputNoZipfNoPCA, Settings: []Setting{noZipf, noPCA}},
	{Name: Input, Settings: []Setting{input}},
	{Name: InputNoZipfNoPCA, Settings: []Setting{input, noZipf, noPCA}},
	{Name: BaseModelOutput, BaseModel: true, Settings: []Setting{noZipf, noPCA}},
}

// sharpRows show what each of the settings of sharp is worth.
var sharpRows = []Change{
	{Name: "sharp"},
	{Name: "sharp_nodrop", Settings: []Setting{{Flag: "pca-drop", Value: "0"}}},
	{Name: "sharp_nowhiten", Settings: []Setting{{Flag: "pca-whiten", Value: "0"}}},
	{Name: "current", Settings: []Setting{{Flag: "pca-drop", Value: "0"}, {Flag: "pca-whiten", Value: "0"}}},
}

// fitRows show what the fit is worth: beside it stands what distill makes without texts.
var fitRows = []Change{
	{Name: "fit"},
	{Name: "distilled", Distilled: true, Settings: []Setting{{Flag: "pca-whiten", Value: "0"}}},
}

// bestRows show what each of the settings of best is worth.
var bestRows = []Change{
	{Name: "best"},
	{Name: "best_nomap", Settings: []Setting{{Flag: "fit-map", Value: "false"}}},
	{Name: "best_nophrases", Settings: []Setting{{Flag: "fit-phrases", Value: "0"}}},
	{Name: "best_nowords_nophrases", Settings: []Setting{{Flag: "fit-words", Value: "0"}, {Flag: "fit-phrases", Value: "0"}}},
	{Name: "fit", Settings: []Setting{{Flag: "fit-map", Value: "false"}, {Flag: "fit-words", Value: "0"}, {Flag: "fit-phrases", Value: "0"}}},
	fitRows[1],
}

// FindFitRecipe returns a recipe of students that are fitted to texts, with its changes;
// another name is an error that lists them.
func FindFitRecipe(name string) (Recipe, error) {
	var names []string
	for i, r := range distill.FitRecipes {
		if r.Name == name {
			return Recipe{r, [][]Change{fitRows, bestRows}[i]}, nil
		}
		names = append(names, r.Name)
	}
	return Recipe{}, fmt.Errorf("recipe %q is not one of texts: %s", name, strings.Join(names, ", "))
}

// FitTexts is the switch of an axis that is not a switch of a student: how many of the texts
// it is fitted to, from the first one on.
const FitTexts = "fit-texts"

// FindRecipe returns the recipe of a name with its changes; an unknown one is an error
// that lists them.
func FindRecipe(name string) (Recipe, error) {
	r, err := distill.FindRecipe(name)
	if err != nil {
		return Recipe{}, err
	}
	if name == "sharp" {
		return Recipe{r, sharpRows}, nil
	}
	return Recipe{r, tableRows}, nil
}

// maxGrid bounds a grid: more students than anyone reads of in one table.
const maxGrid = 200

// An Axis of a grid is a switch and the values that it takes, in the order given.
type Axis struct {
	Flag   string   `json:"switch"`
	Values []string `json:"values"`
}

// String returns "pca-dims=64,128,none".
func (a Axis) String() string { return a.Flag + "=" + strings.Join(a.Values, ",") }

// ParseAxis reads "FLAG=VALUE,VALUE,…".
func ParseAxis(s string) (Axis, error) {
	flag, list, ok := strings.Cut(s, "=")
	values := strings.Split(list, ",")
	if !ok || flag == "" || slices.Contains(values, "") {
		return Axis{}, fmt.Errorf("grid %q is not FLAG=VALUE,VALUE,… such as pca-dims=64,128,none", s)
	}
	return Axis{flag, values}, nil
}

// Grid returns a change for each combination of the axes' values, the last axis
// fastest.
func Grid(axes []Axis) ([]Change, error) {
	if len(axes) == 0 {
		return nil, nil
	}
	all := []Change{{}}
	for i, axis := range axes {
		if slices.ContainsFunc(axes[:i], func(other Axis) bool { return other.Flag == axis.Flag }) {
			return nil, fmt.Errorf("grid %q: %s is given twice", axis, axis.Flag)
		}
		if len(all)*len(axis.Values) > maxGrid {
			return nil, fmt.Errorf("grid %q makes %d students: at most %d are allowed", axis, len(all)*len(axis.Values), maxGrid)
		}
		all = product(all, axis)
	}
	for i := range all {
		all[i].Name = strings.Join(settingNames(all[i].Settings), ",")
	}
	for i, v := range all {
		if slices.ContainsFunc(all[:i], func(other Change) bool { return other.Name == v.Name }) {
			return nil, fmt.Errorf("grid: %s occurs twice", v.Name)
		}
	}
	return all, nil
}

// product appends each value of an axis to each change.
func product(changes []Change, axis Axis) []Change {
	out := make([]Change, 0, len(changes)*len(axis.Values))
	for _, c := range changes {
		for _, value := range axis.Values {
			settings := append(slices.Clone(c.Settings), Setting{Flag: axis.Flag, Value: value})
			out = append(out, Change{Settings: settings})
		}
	}
	return out
}
