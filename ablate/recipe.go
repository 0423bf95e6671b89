package ablate

import (
	"fmt"
	"slices"
	"strings"
)

// A Setting is a switch of m2v distill and its value, as the command line writes them.
type Setting struct{ Flag, Value string }

// String returns "pca-dims=256".
func (s Setting) String() string { return s.Flag + "=" + s.Value }

// Strings returns the settings as a Row lists them.
func Strings(settings []Setting) []string {
	out := make([]string, len(settings))
	for i, s := range settings {
		out[i] = s.String()
	}
	return out
}

// Merge joins lists of settings: of a flag that is there more than once the last value
// counts, in the place of the first.
func Merge(lists ...[]Setting) []Setting {
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

// A Variant is a student by the settings that tell it from its recipe.
type Variant struct {
	Name string
	// BaseModel variants come from the base model: one that was not trained for sentences.
	BaseModel bool
	Settings  []Setting
}

// A Recipe is a list of settings by a name, and the variants that show what each of
// them is worth. The first variant is the recipe itself.
type Recipe struct {
	Name     string
	Text     string // what it is, in one line
	Settings []Setting
	Variants []Variant
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
	noPCA  = Setting{"pca-dims", "none"}
	noZipf = Setting{"sif-coefficient", "none"}
	input  = Setting{"source", "input"}
)

// tableRows are the seven rows of the published ablation table.
var tableRows = []Variant{
	{Name: Output},
	{Name: OutputNoPCA, Settings: []Setting{noPCA}},
	{Name: OutputNoZipf, Settings: []Setting{noZipf}},
	{Name: OutputNoZipfNoPCA, Settings: []Setting{noZipf, noPCA}},
	{Name: Input, Settings: []Setting{input}},
	{Name: InputNoZipfNoPCA, Settings: []Setting{input, noZipf, noPCA}},
	{Name: BaseModelOutput, BaseModel: true, Settings: []Setting{noZipf, noPCA}},
}

// Recipes lists the recipes in the order of help texts.
//
// Source: model2vec 0.10.0 (current) and 0.1 to 0.3 (paper); sharp is this program's
// own, docs/ablations.md.
var Recipes = []Recipe{
	{
		Name: "current", Text: "the reference's defaults",
		Settings: []Setting{
			{"source", "output"}, {"pooling", "mean"}, {"frame", "bos-eos"}, {"pca-dims", "256"}, {"sif-coefficient", "0.0001"}, {"normalize", "true"},
		},
		Variants: tableRows,
	},
	{
		Name: "paper", Text: "the recipe of 2024, which the published ablation table was made with",
		Settings: []Setting{
			{"source", "output"}, {"pooling", "token"}, {"frame", "eos-bos"}, {"token-remove-pattern", `\[unused`}, {"keep-added-tokens", "true"},
			{"pca-dims", "256"}, {"sif-coefficient", "log"}, {"normalize", "false"}, {"quantize-to", "float32"},
		},
		Variants: tableRows,
	},
	{
		Name: "sharp", Text: "the reference's defaults without the three strongest components, whitened by a quarter",
		Settings: []Setting{
			{"source", "output"}, {"pooling", "mean"}, {"frame", "bos-eos"}, {"pca-dims", "256"}, {"pca-drop", "3"}, {"pca-whiten", "0.25"},
			{"sif-coefficient", "0.0001"}, {"normalize", "true"},
		},
		Variants: []Variant{
			{Name: "sharp"},
			{Name: "sharp_nodrop", Settings: []Setting{{"pca-drop", "0"}}},
			{Name: "sharp_nowhiten", Settings: []Setting{{"pca-whiten", "0"}}},
			{Name: "current", Settings: []Setting{{"pca-drop", "0"}, {"pca-whiten", "0"}}},
		},
	},
}

// FindRecipe returns the recipe of a name; an unknown one is an error that lists them.
func FindRecipe(name string) (Recipe, error) {
	var names []string
	for _, r := range Recipes {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Recipe{}, fmt.Errorf("recipe %q is not one of %s", name, strings.Join(names, ", "))
}

// maxGrid bounds a grid: more students than anyone reads of in one table.
const maxGrid = 200

// Grid returns a variant for each combination of the axes' values, the last axis
// fastest. An axis is "FLAG=VALUE,VALUE,…".
func Grid(axes []string) ([]Variant, error) {
	if len(axes) == 0 {
		return nil, nil
	}
	all := []Variant{{}}
	var flags []string
	for _, axis := range axes {
		flag, list, ok := strings.Cut(axis, "=")
		values := strings.Split(list, ",")
		if !ok || flag == "" || slices.Contains(values, "") {
			return nil, fmt.Errorf("grid %q is not FLAG=VALUE,VALUE,… such as pca-dims=64,128,none", axis)
		}
		if slices.Contains(flags, flag) {
			return nil, fmt.Errorf("grid %q: %s has an axis already", axis, flag)
		}
		flags = append(flags, flag)
		if len(all)*len(values) > maxGrid {
			return nil, fmt.Errorf("grid %q makes %d students; %d are the most", axis, len(all)*len(values), maxGrid)
		}
		all = product(all, flag, values)
	}
	for i := range all {
		all[i].Name = strings.Join(Strings(all[i].Settings), ",")
	}
	for i, v := range all {
		if slices.ContainsFunc(all[:i], func(other Variant) bool { return other.Name == v.Name }) {
			return nil, fmt.Errorf("grid: %s is there twice", v.Name)
		}
	}
	return all, nil
}

// product appends each value to each variant.
func product(variants []Variant, flag string, values []string) []Variant {
	out := make([]Variant, 0, len(variants)*len(values))
	for _, v := range variants {
		for _, value := range values {
			settings := append(slices.Clone(v.Settings), Setting{flag, value})
			out = append(out, Variant{Settings: settings})
		}
	}
	return out
}
