package distill

import (
	"fmt"
	"slices"
	"strings"
)

// A Recipe is a list of settings by a name.
type Recipe struct {
	Name     string
	Text     string // what it is, in one line
	Settings []Setting
}

// Recipes lists the recipes in the order of help texts.
//
// Source: model2vec 0.10.0 (current) and 0.1 to 0.3 (paper); sharp is this program's
// own, docs/ablations.md.
var Recipes = []Recipe{
	{
		Name: "current", Text: "the reference's defaults",
		Settings: []Setting{
			{"source", "output"}, {"pooling", "mean"}, {"special-tokens", "bos-eos"}, {"pca-dims", "256"}, {"sif-coefficient", "0.0001"}, {"normalize", "true"},
		},
	},
	{
		Name: "paper", Text: "the recipe of 2024, which the published ablation table was made with",
		Settings: []Setting{
			{"source", "output"}, {"pooling", "token"}, {"special-tokens", "eos-bos"}, {"token-remove-pattern", `\[unused`}, {"keep-added-tokens", "true"},
			{"pca-dims", "256"}, {"sif-coefficient", "log"}, {"normalize", "false"}, {"quantize-to", "float32"},
		},
	},
	{
		Name: "sharp", Text: "the reference's defaults without the three strongest components, whitened by a quarter",
		Settings: []Setting{
			{"source", "output"}, {"pooling", "mean"}, {"special-tokens", "bos-eos"}, {"pca-dims", "256"}, {"pca-drop", "3"}, {"pca-whiten", "0.25"},
			{"sif-coefficient", "0.0001"}, {"normalize", "true"},
		},
	},
}

// FitRecipe is what m2v distill takes where it is given texts and no recipe.
//
// Source: docs/fitting.md.
var FitRecipe = Recipe{
	Name: "fit", Text: "the reference's defaults for rows, fitted to texts",
	Settings: []Setting{
		{"source", "output"}, {"pooling", "mean"}, {"special-tokens", "bos-eos"}, {"pca-dims", "256"}, {"pca-whiten", "0.25"},
		{"sif-coefficient", "0.0001"}, {"normalize", "true"}, {"ridge", "0.1"},
	},
}

// FitRecipes are recipes of students that are fitted to texts: FitRecipe, and what scores
// best at any number of dimensions, which takes more rows.
//
// Source: docs/fitting.md.
var FitRecipes = []Recipe{
	FitRecipe,
	{
		Name: "best", Text: "with texts: the prior mapped, and rows for whole words and phrases, for the best scores",
		Settings: append(slices.Clone(FitRecipe.Settings), Setting{"fit-map", "true"}, Setting{"fit-words", "30000"}, Setting{"fit-phrases", "20000"}),
	},
}

// FindFitRecipe returns the recipe of a name for a student that is fitted to texts.
func FindFitRecipe(name string) (Recipe, error) {
	for _, r := range FitRecipes {
		if r.Name == name {
			return r, nil
		}
	}
	return FindRecipe(name)
}

// FitSwitches returns the defaults with FitRecipe.
func FitSwitches() Switches {
	s := DefaultSwitches()
	if err := s.Set(FitRecipe.Settings); err != nil {
		panic(err) // the recipe is a constant
	}
	return s
}

// FindRecipe returns the recipe of a name; an unknown one is an error that lists them.
// Switches.Set applies its settings.
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
