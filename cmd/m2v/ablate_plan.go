package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/teacher"
)

// recipeName is the recipe that variants come from.
func (o ablateOptions) recipeName() string {
	if o.Recipe == "" {
		return distill.Recipes[0].Name
	}
	return o.Recipe
}

// variants lists what the command line asks for: the recipe's variants, of which a
// grid without a recipe takes the first alone, and the grid's.
func (o ablateOptions) variants() (ablate.Recipe, []ablate.Variant, error) {
	recipe, err := ablate.FindRecipe(o.recipeName())
	if err != nil {
		return recipe, nil, usagef("--recipe: %w", err)
	}
	list := recipe.Variants
	if o.Recipe == "" && o.Grid != nil {
		list = list[:1]
	}
	if base := func(v ablate.Variant) bool { return v.BaseModel }; o.BaseModel == "" {
		list = slices.DeleteFunc(slices.Clone(list), base)
	} else if !slices.ContainsFunc(list, base) {
		return recipe, nil, usagef("--base-model %s: no variant takes it; those of --recipe current and paper do", o.BaseModel)
	}
	for _, v := range list {
		for _, s := range v.Settings {
			if slices.Contains(o.Given, s) {
				return recipe, nil, withHint(usagef("--%s for all variants is what variant %s is about: it would be no other than %s", s, v.Name, list[0].Name),
					"leave it out, or use m2v distill for one student")
			}
		}
	}
	axes, err := o.axes()
	if err != nil {
		return recipe, nil, err
	}
	grid, err := ablate.Grid(axes)
	if err != nil {
		return recipe, nil, usagef("--grid: %w", err)
	}
	return recipe, slices.Concat(list, grid), nil
}

// axes reads --grid.
func (o ablateOptions) axes() ([]ablate.Axis, error) {
	var out []ablate.Axis
	for _, s := range o.Grid {
		axis, err := ablate.ParseAxis(s)
		if err != nil {
			return nil, usagef("--grid: %w", err)
		}
		out = append(out, axis)
	}
	return out, nil
}

// planVariants plans all variants, so that whatever can fail fails before a teacher
// runs. Variants of one vocabulary share its plan.
func (a *app) planVariants(ctx context.Context, o ablateOptions) ([]*plannedVariant, error) {
	recipe, list, err := o.variants()
	if err != nil {
		return nil, err
	}
	plans := map[string]*teacher.Teacher{}
	out := make([]*plannedVariant, 0, len(list))
	for _, v := range list {
		d := o.distillOptions
		if v.BaseModel {
			d.Teacher, d.Switches.Teacher.ONNXFile, d.Revision = o.BaseModel, "", ""
		}
		err := d.Switches.Set(recipe.Settings, o.Given, v.Settings)
		if err == nil && d.Switches.FromInput() {
			err = checkIdle(v.Settings)
		}
		var t *teacher.Teacher
		if err == nil {
			t, err = a.planVariant(ctx, d, plans)
		}
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		settings := v.Settings
		if len(out) == 0 { // the baseline says all of it, the others what is different
			settings = ablate.Merge(recipe.Settings, o.Given, v.Settings)
		}
		row := ablate.Row{Name: v.Name, Kind: ablate.KindVariant, Settings: ablate.Strings(settings)}
		if recipe.Name == "paper" && o.Given == nil {
			row.Published = ablate.PublishedRow(v.Name)
		}
		out = append(out, &plannedVariant{teacher: t, o: d, row: row, folder: variantFolder(v.Name, out)})
	}
	return out, nil
}

// checkIdle refuses settings of a variant that do nothing to input rows: it would be
// another variant by a second name.
func checkIdle(settings []ablate.Setting) error {
	for _, flag := range distill.Idle {
		if slices.ContainsFunc(settings, func(s ablate.Setting) bool { return s.Flag == flag }) {
			return withHint(usagef("%s has no effect with source=input, which runs nothing", flag), "make the grid of outputs alone, and one of inputs")
		}
	}
	return nil
}

// planVariant plans o with what plans holds of its teacher and vocabulary.
func (a *app) planVariant(ctx context.Context, o distillOptions, plans map[string]*teacher.Teacher) (*teacher.Teacher, error) {
	if err := o.checkSwitches(); err != nil {
		return nil, err
	}
	rows := o.Switches.Teacher
	if rows.WordsFile == "-" {
		return nil, withHint(usagef("--vocabulary -: several vocabularies are built from the words"), "put them into a file")
	}
	vocabulary := rows.Vocab
	if o.Switches.FromInput() {
		vocabulary.Frame = "" // has no effect
	}
	key := fmt.Sprintf("%q %q %q %q %q %+v", o.Teacher, rows.ONNXFile, o.Revision, rows.WordsFile, rows.Source, vocabulary)
	t, ok := plans[key]
	var err error
	if ok {
		t, err = t.With(rows)
	} else {
		var folder hub.Folder
		if folder, err = a.finder().Find(ctx, o.Teacher, o.Revision, hub.TeacherFiles(rows.ONNXFile)); err == nil {
			t, err = teacher.Read(folder, rows)
		}
		plans[key] = t
	}
	if err != nil {
		return nil, err
	}
	return t, o.Switches.Student.CheckFit(t)
}

var unsafeInNames = regexp.MustCompile(`[^A-Za-z0-9._=,+-]+`)

// variantFolder is a variant's name as a folder of any file system can be called, numbered
// if another of the variants has it.
func variantFolder(name string, others []*plannedVariant) string {
	folder := strings.Trim(unsafeInNames.ReplaceAllString(name, "_"), ".")
	for n, try := 1, folder; ; try = fmt.Sprintf("%s-%d", folder, n) {
		taken := slices.ContainsFunc(others, func(v *plannedVariant) bool { return strings.EqualFold(v.folder, try) })
		if !taken {
			return try
		}
		n++
	}
}
