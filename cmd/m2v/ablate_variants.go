package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
)

// plannedVariant is a student to be made: its plan, and its row of the report.
type plannedVariant struct {
	teacher *teacher.Teacher
	o       distillOptions
	row     ablate.Row
	folder  string // its name in variants/

	rows    string // key of its rows in the cache
	runtime string // version of ONNX Runtime
}

// runPasses makes sure that the cache holds the rows of every variant: a forward pass
// for all poolings of the same ids.
func (a *app) runPasses(ctx context.Context, cache teacher.RowCache, variants []*plannedVariant) ([]ablate.Pass, error) {
	runtimeVersion, err := a.runtimeFor(variants)
	if err != nil {
		return nil, err
	}
	groups := map[string][]*plannedVariant{}
	var order []string
	for _, v := range variants {
		key := v.teacher.PassKey(runtimeVersion)
		v.rows, v.runtime = v.teacher.RowsKey(runtimeVersion), runtimeVersion
		if v.teacher.Options.Pooling == transformer.Pooler || v.o.Switches.FromInput() {
			key = v.rows // another output of the graph, or no pass at all
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
	o := variants[0].o
	rt, err := a.startRuntime(o.ORTLib, threads(o.Threads))
	if err == nil {
		return rt.Version(), nil
	}
	needed := slices.ContainsFunc(variants, func(v *plannedVariant) bool { return !v.o.Switches.FromInput() })
	if needed || o.ORTLib != "" {
		return "", err
	}
	return "", nil
}

// runPass makes the rows that the cache lacks of variants with the same ids and keeps
// them there.
func (a *app) runPass(ctx context.Context, cache teacher.RowCache, variants []*plannedVariant) (ablate.Pass, error) {
	t := variants[0].teacher
	pass := ablate.Pass{Teacher: systemName(variants[0].o.Teacher), Tokens: len(t.Vocabulary.Tokens), Cached: true}
	var missing []*plannedVariant // one for each pooling
	seen := map[string]bool{}
	for _, v := range variants {
		if seen[v.rows] {
			continue
		}
		seen[v.rows] = true
		pass.Rows = append(pass.Rows, v.rowsName())
		found, err := cache.Has(v.rows, len(v.teacher.Vocabulary.Tokens))
		if err != nil {
			a.warn(err.Error() + "; it is made anew")
		}
		if !found {
			missing = append(missing, v)
		}
	}
	if len(missing) == 0 {
		return pass, nil
	}
	poolings := make([]transformer.Pooling, len(missing))
	for k, v := range missing {
		poolings[k] = v.teacher.Options.Pooling
	}
	all, run, err := t.Embed(ctx, a.provider(variants[0].o.ORTLib, variants[0].o.Threads), a.stages(), poolings...)
	if err != nil {
		return pass, err
	}
	pass.Cached, pass.Seconds = false, run.Time.Seconds()
	for k, v := range missing {
		if err := cache.Store(v.rows, all[k], run.Warnings); err != nil {
			return pass, err
		}
	}
	return pass, nil
}

// rowsName tells people which rows the student is made of.
func (v *plannedVariant) rowsName() string {
	if v.o.Switches.FromInput() {
		return "input embeddings"
	}
	return fmt.Sprintf("output, %s, %s", v.teacher.Options.Pooling, v.teacher.Options.Vocab.Frame)
}

// makeStudents makes and writes the students, those of the same rows one after the
// other, so that rows are in memory once and their axes are found once.
func (a *app) makeStudents(ctx context.Context, cache teacher.RowCache, variants []*plannedVariant, dir string) error {
	for i, v := range variants {
		if slices.ContainsFunc(variants[:i], func(other *plannedVariant) bool { return other.rows == v.rows }) {
			continue // made with the first of its rows
		}
		all, warnings, err := cache.Load(v.rows, len(v.teacher.Vocabulary.Tokens))
		if err != nil {
			return err
		}
		rows := &distill.Rows{Matrix: all}
		for _, w := range variants[i:] {
			if w.rows != v.rows {
				continue
			}
			if err := w.make(ctx, rows, warnings, dir); err != nil {
				return fmt.Errorf("variant %s: %w", w.row.Name, err)
			}
			for _, warning := range w.row.Warnings {
				a.warnOnce(warning)
			}
		}
	}
	return nil
}

// make writes the variant's student to its folder in dir. warnings are those of the
// pass that made the rows.
func (v *plannedVariant) make(ctx context.Context, rows *distill.Rows, warnings []string, dir string) error {
	rows.Vocabulary = v.teacher.Vocabulary // of the same ids, but its file may be another
	pass := teacher.Pass{Warnings: warnings, Runtime: v.runtime}
	student, err := rows.StudentOf(ctx, v.teacher, pass, v.o.Switches.Student) // V×D
	if err != nil {
		return err
	}
	if err := student.Write(ctx, filepath.Join(dir, v.folder), export.Options{}); err != nil {
		return err
	}
	size, report := model.SizeOf(student.Model), student.Report
	v.row.Tokens, v.row.Dims, v.row.Parameters, v.row.Bytes = size.Tokens, size.Dims, size.Parameters, size.Bytes
	v.row.Explained = report.Explained
	v.row.Warnings = report.Warnings
	return nil
}
