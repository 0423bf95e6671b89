package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/transformer"
)

// plannedVariant is a student to be made: its plan, and its row of the report.
type plannedVariant struct {
	plan *distillPlan
	row  ablate.Row

	rows string     // key of its rows in the cache
	run  teacherRun // of the pass that made them
}

// recipeName is the recipe that variants come from.
func (o ablateOptions) recipeName() string {
	if o.Recipe == "" {
		return ablate.Recipes[0].Name
	}
	return o.Recipe
}

// variants lists what the command line asks for: the recipe's variants, of which a
// grid without a recipe takes the first alone, and the grid's.
func (o ablateOptions) variants() (ablate.Recipe, []ablate.Variant, error) {
	recipe, err := findRecipe(o.recipeName())
	if err != nil {
		return recipe, nil, err
	}
	list := recipe.Variants
	if o.Recipe == "" && o.Grid != nil {
		list = list[:1]
	}
	list = slices.DeleteFunc(slices.Clone(list), func(v ablate.Variant) bool { return v.Plain && o.Plain == "" })
	grid, err := ablate.Grid(o.Grid)
	if err != nil {
		return recipe, nil, usagef("--grid: %w", err)
	}
	return recipe, append(list, grid...), nil
}

// planVariants plans all variants, so that whatever can fail fails before a teacher
// runs. Variants of one vocabulary share its plan.
func (a *app) planVariants(ctx context.Context, o ablateOptions) ([]*plannedVariant, error) {
	recipe, list, err := o.variants()
	if err != nil {
		return nil, err
	}
	plans := map[string]*distillPlan{}
	out := make([]*plannedVariant, 0, len(list))
	for _, v := range list {
		d := defaultDistillOptions()
		d.Teacher, d.ONNXFile, d.Revision, d.BatchSize, d.Threads, d.ORTLib = o.Teacher, o.ONNXFile, o.Revision, o.BatchSize, o.Threads, o.ORTLib
		if v.Plain {
			d.Teacher, d.ONNXFile, d.Revision = o.Plain, "", ""
		}
		if err := d.set(recipe.Settings, o.Given, v.Settings); err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		p, err := a.planVariant(ctx, d, plans)
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		settings := v.Settings
		if settings == nil {
			settings = slices.Concat(recipe.Settings, o.Given)
		}
		row := ablate.Row{Name: v.Name, Kind: ablate.KindVariant, Settings: ablate.Strings(settings)}
		if recipe.Name == "paper" {
			row.Published = ablate.PublishedRow(v.Name)
		}
		out = append(out, &plannedVariant{plan: p, row: row})
	}
	return out, nil
}

// planVariant plans o with what plans holds of its teacher and vocabulary.
func (a *app) planVariant(ctx context.Context, o distillOptions, plans map[string]*distillPlan) (*distillPlan, error) {
	if err := o.checkSwitches(); err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%q %q %q %+v %s", o.Teacher, o.Words, o.Source, o.Vocab, o.Vocab.Frame)
	if o.Source == transformer.Input {
		key = fmt.Sprintf("%q %q input %q %v %v", o.Teacher, o.Words, o.Vocab.RemovePattern, o.Vocab.KeepAdded, o.Vocab.Only)
	}
	if p, ok := plans[key]; ok {
		return p.with(o)
	}
	p, err := a.planDistill(ctx, o)
	plans[key] = p
	return p, err
}

// runPasses makes sure that the cache holds the rows of every variant: a forward pass
// for all poolings of the same ids.
func (a *app) runPasses(ctx context.Context, cache rowCache, variants []*plannedVariant) ([]ablate.Pass, error) {
	runtimeVersion, err := a.runtimeFor(variants)
	if err != nil {
		return nil, err
	}
	groups := map[string][]*plannedVariant{}
	var order []string
	for _, v := range variants {
		key := "input" // all of them are read, not run
		if v.plan.o.Source != transformer.Input {
			key = v.plan.passKey(runtimeVersion)
		}
		v.rows = v.plan.rowsKey(key)
		v.run.version = runtimeVersion
		if v.plan.o.Pooling == transformer.Pooler || v.plan.o.Source == transformer.Input {
			key += v.rows // another output of the graph, or no pass at all
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], v)
	}
	var passes []ablate.Pass
	for _, key := range order {
		pass, err := a.runPass(ctx, cache, groups[key])
		if err != nil {
			return nil, err
		}
		passes = append(passes, pass)
	}
	return passes, nil
}

// runtimeFor starts ONNX Runtime if a variant needs it, and returns its version. PCA's
// products run on it too; where only input rows are wanted, they can do without.
func (a *app) runtimeFor(variants []*plannedVariant) (string, error) {
	o := variants[0].plan.o
	rt, err := a.startRuntime(o.ORTLib, threads(o.Threads))
	if err == nil {
		return rt.Version(), nil
	}
	needed := slices.ContainsFunc(variants, func(v *plannedVariant) bool { return v.plan.o.Source != transformer.Input })
	if needed || o.ORTLib != "" {
		return "", err
	}
	return "", nil
}

// runPass makes the rows that the cache lacks of variants with the same ids and keeps
// them there.
func (a *app) runPass(ctx context.Context, cache rowCache, variants []*plannedVariant) (ablate.Pass, error) {
	p := variants[0].plan
	pass := ablate.Pass{Teacher: systemName(p.o.Teacher), Tokens: len(p.vocabulary.Tokens), Cached: true}
	var missing []*plannedVariant // one for each pooling
	seen := map[string]bool{}
	for _, v := range variants {
		if seen[v.rows] {
			continue
		}
		seen[v.rows] = true
		pass.Rows = append(pass.Rows, v.plan.rowsName())
		if !cache.has(v.rows) {
			missing = append(missing, v)
		}
	}
	if len(missing) == 0 {
		return pass, nil
	}
	poolings := make([]transformer.Pooling, len(missing))
	for k, v := range missing {
		poolings[k] = v.plan.o.Pooling
	}
	all, run, err := a.embedVocabulary(ctx, p, poolings...)
	if err != nil {
		return pass, err
	}
	for _, w := range run.warnings {
		a.warnOnce(w)
	}
	pass.Cached, pass.Seconds = false, run.time.Seconds()
	for k, v := range missing {
		if err := cache.store(v.rows, all[k]); err != nil {
			return pass, err
		}
	}
	return pass, nil
}

// rowsName tells people which rows a plan's student is made of.
func (p *distillPlan) rowsName() string {
	if p.o.Source == transformer.Input {
		return "input embeddings"
	}
	return fmt.Sprintf("output, %s, %s", p.o.Pooling, p.o.Vocab.Frame)
}

// makeStudents makes and writes the students, those of the same rows one after the
// other, so that rows are in memory once and their axes are found once.
func (a *app) makeStudents(ctx context.Context, cache rowCache, variants []*plannedVariant, dir string) error {
	for i, v := range variants {
		if slices.ContainsFunc(variants[:i], func(other *plannedVariant) bool { return other.rows == v.rows }) {
			continue // made with the first of its rows
		}
		all, err := cache.load(v.rows, len(v.plan.vocabulary.Tokens))
		if err != nil {
			return err
		}
		rows := &distill.Rows{Matrix: all, Vocabulary: v.plan.vocabulary}
		for _, w := range variants[i:] {
			if w.rows != v.rows {
				continue
			}
			if err := w.make(ctx, rows, dir); err != nil {
				return fmt.Errorf("variant %s: %w", w.row.Name, err)
			}
			for _, warning := range w.row.Warnings {
				a.warnOnce(warning)
			}
		}
	}
	return nil
}

// make writes the variant's student to its folder in dir.
func (v *plannedVariant) make(ctx context.Context, rows *distill.Rows, dir string) error {
	// The rows' vocabulary has the same ids, but may be another file's.
	own := &distill.Rows{Matrix: rows.Matrix, Vocabulary: v.plan.vocabulary}
	if rows.Vocabulary == v.plan.vocabulary {
		own = rows
	}
	model, report, err := own.Student(ctx, v.plan.o.Student) // V×D
	if err != nil {
		return err
	}
	folder := v.plan.describe(report, v.run.version)
	if err := export.Write(ctx, filepath.Join(dir, variantFolder(v.row.Name)), model, folder, export.Options{}); err != nil {
		return err
	}
	size := staticSize(model)
	v.row.Tokens, v.row.Dims, v.row.Parameters, v.row.Bytes = size.Tokens, size.Dims, size.Parameters, size.Bytes
	v.row.Explained = report.Explained
	v.row.Warnings = report.Warnings
	return nil
}

var unsafeInNames = regexp.MustCompile(`[^A-Za-z0-9._=,+-]+`)

// variantFolder is a variant's name as a folder of any system can be called.
func variantFolder(name string) string {
	return strings.Trim(unsafeInNames.ReplaceAllString(name, "_"), ".")
}
