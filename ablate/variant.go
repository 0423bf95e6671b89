package ablate

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/fault"
)

// A Variant is a student to be made and compared with the others.
type Variant struct {
	Name      string
	BaseModel bool             // its teacher is Options.BaseModel
	Switches  distill.Switches // all that it is made with
	// Texts is how many of the texts of Options.Fit it is fitted to, from the first one on;
	// 0: all.
	Texts int
	// Distilled takes it out of the fit: a student of the teacher's rows alone, beside
	// others that are fitted to texts.
	Distilled bool
	// Settings are what the report says of it: all settings of the first variant, and of
	// another those that tell it from the first. Run finds them where they are nil.
	Settings []Setting
	// Published is what a published table says of the variant, per cent by average.
	Published map[string]float64
}

// A Choice says which variants an ablation has, as a person puts it.
type Choice struct {
	Recipe string    // of distill.Recipes; "" is the first of them
	Given  []Setting // for all variants, over the recipe
	// Fitted chooses among distill.FitRecipes: variants are fitted to texts.
	Fitted bool
	// Grid adds a variant for each combination of its axes. Without a named recipe it
	// stands beside the recipe's first variant alone. FitTexts is an axis, too.
	Grid []Axis
	// BaseModel adds the recipe's variants of a base model.
	BaseModel bool
}

// RecipeName is the recipe that variants come from.
func (c Choice) RecipeName() string {
	switch {
	case c.Recipe == "" && c.Fitted:
		return distill.FitRecipe.Name
	case c.Recipe == "":
		return distill.Recipes[0].Name
	}
	return c.Recipe
}

// Variants returns the variants, the baseline first. base has what neither recipe nor
// settings name, such as the teacher's graph. Settings that contradict each other, or
// that would make two variants the same, are errors.
func (c Choice) Variants(base distill.Switches) ([]Variant, error) {
	recipe, changes, err := c.changes()
	if err != nil {
		return nil, err
	}
	out := make([]Variant, 0, len(changes))
	for i, change := range changes {
		v := Variant{Name: change.Name, BaseModel: change.BaseModel, Distilled: change.Distilled, Switches: base, Settings: change.Settings}
		if change.BaseModel {
			v.Switches.Teacher.ONNXFile = "" // that is a name in the other teacher's folder
		}
		its, err := v.takeTexts(change.Settings)
		if err == nil {
			err = v.Switches.Set(recipe.Settings, c.Given, its)
		}
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if err := v.check(c.Fitted); err != nil {
			return nil, err
		}
		if i == 0 {
			v.Settings = merge(recipe.Settings, c.Given, change.Settings)
		}
		if recipe.Name == "paper" && len(c.Given) == 0 {
			v.Published = PublishedRow(v.Name)
		}
		out = append(out, v)
	}
	return out, nil
}

// changes lists the recipe's changes and the grid's.
func (c Choice) changes() (Recipe, []Change, error) {
	find := FindRecipe
	if c.Fitted {
		find = FindFitRecipe
	}
	recipe, err := find(c.RecipeName())
	if err != nil {
		return recipe, nil, fault.Option("recipe", nil, ": %v", err)
	}
	list := recipe.Changes
	if c.Recipe == "" && len(c.Grid) > 0 {
		list = list[:1]
	}
	ofBase := func(change Change) bool { return change.BaseModel }
	if !c.BaseModel {
		list = slices.DeleteFunc(slices.Clone(list), ofBase)
	} else if !slices.ContainsFunc(list, ofBase) {
		return recipe, nil, fault.Option("base-model", nil, ": no variant uses it; those of --recipe current and paper do")
	}
	for _, change := range list {
		for _, s := range change.Settings {
			if slices.Contains(c.Given, s) && !change.Distilled {
				return recipe, nil, fault.Hint(fault.Option(s.String(), nil, "is set for all variants: variant %s would be the same as %s", change.Name, list[0].Name),
					"leave it out, or use m2v distill for one student")
			}
		}
	}
	grid, err := Grid(c.Grid)
	if err != nil {
		return recipe, nil, fault.Option("grid", nil, ": %v", err)
	}
	return recipe, slices.Concat(list, grid), nil
}

// takeTexts sets the number of texts as settings have it, and returns the others.
func (v *Variant) takeTexts(settings []Setting) (others []Setting, err error) {
	for _, s := range settings {
		if s.Flag != FitTexts {
			others = append(others, s)
			continue
		}
		if v.Texts, err = strconv.Atoi(s.Value); err != nil || v.Texts < distill.MinTexts {
			return nil, fault.Option(FitTexts, s.Value, "is not a number of texts of %d or more", distill.MinTexts)
		}
	}
	return others, nil
}

// names tells whether the settings that tell the variant from others name a switch.
func (v Variant) names(flag string) bool {
	return slices.ContainsFunc(v.Settings, func(s Setting) bool { return s.Flag == flag })
}

// check refuses switches that no teacher could follow, and settings that do nothing: the
// variant would be another by a second name. fitted tells whether there are texts.
func (v Variant) check(fitted bool) error {
	switch {
	case fitted:
		if err := v.checkFit(); err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
	case v.Texts != 0 || v.Distilled:
		return fault.Hint(fault.Argument("variant %s: fit-texts has no effect without texts", v.Name), "name them with --texts or --features")
	default:
		for _, flag := range distill.FitOnly {
			if v.names(flag) {
				return fault.Hint(fault.Argument("variant %s: %s has no effect without texts", v.Name, flag), "name them with --texts or --features")
			}
		}
	}
	if v.Switches.FromInput() {
		for _, flag := range distill.Idle {
			if v.names(flag) {
				err := fault.Argument("variant %s: %s has no effect with source=input, which runs nothing", v.Name, flag)
				return fault.Hint(err, "make the grid of outputs alone, and one of inputs")
			}
		}
	}
	if v.Switches.Teacher.WordsFile == "-" {
		return fault.Hint(fault.Argument("variant %s: --vocabulary - can be read only once, and several vocabularies are built from it", v.Name), "put them into a file")
	}
	if err := v.Switches.Check(); err != nil {
		return fmt.Errorf("variant %s: %w", v.Name, err)
	}
	return nil
}

// checkFit refuses what a variant beside texts cannot have.
func (v Variant) checkFit() error {
	switch {
	case v.BaseModel:
		return fault.Argument("a base model is not asked about texts")
	case v.Switches.FromInput():
		return fault.Option("source", v.Switches.Teacher.Source, ": a student that is fitted to texts has its teacher's output as rows")
	case v.Texts < 0:
		return fault.Option(FitTexts, v.Texts, "is negative")
	case v.Distilled && v.Texts > 0:
		return fault.Option(FitTexts, v.Texts, "has no effect on a variant that is not fitted")
	case v.Distilled:
		return nil
	}
	return v.Switches.Student.CheckTexts()
}

// settings returns what the report says of variant i of a list.
func settings(list []Variant, i int) []string {
	if s := list[i].Settings; s != nil {
		return settingNames(s)
	}
	first := list[0].Switches.Settings()
	var out []Setting
	for k, s := range list[i].Switches.Settings() {
		again := s.Flag == "zipf-log" // sif-coefficient says it
		if !again && (i == 0 && s.Value != "" || i > 0 && s != first[k]) {
			out = append(out, s)
		}
	}
	if n := list[i].Texts; n != list[0].Texts {
		out = append(out, Setting{Flag: FitTexts, Value: strconv.Itoa(n)})
	}
	return settingNames(out)
}
