package ablate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
)

// Options say what an ablation makes and compares.
type Options struct {
	Find     hub.Finder       // local folders and the Hub
	Runtime  runtime.Provider // ONNX Runtime, which runs teachers
	Revision string           // of the teacher on the Hub

	Variants  []Variant // the first is the baseline; Choice makes them
	BaseModel string    // the teacher of variants that have BaseModel set
	// Fit are texts that variants are fitted to, all but those with Distilled set; the zero
	// value fits none. Its Study.Vocabulary is the variants' own.
	Fit    distill.Fitting
	Recipe string // where variants come from, for the report
	Grid   []Axis // the axes whose combinations are variants, for the report

	Tasks   []eval.Task // what models are scored on; nil scores nothing
	Compare []string    // other models to score beside the variants, as package model opens them

	// Cache is m2v's cache folder: rows of forward passes and scores are taken from it and
	// kept there. "" keeps nothing. A cache that cannot be written to is one warning.
	Cache string
	Pages []Page // the files that show the report; package report has them
	Force bool   // an ablation that is there is replaced

	Progress teacher.Progress                        // told how far each stage is; may be nil
	Warn     func(message string)                    // told of warnings as they come; may be nil
	Scored   func(model string, tasks []eval.Result) // told of each model's scores; may be nil
	Unscored func(model string, err error)           // told which of Compare could not be scored; may be nil
}

// A Page is a file of the report's folder that shows the report.
type Page struct {
	Name  string // such as "report.html"
	Write func(r *Report) ([]byte, error)
}

// The names in a report's folder, beside those of its pages.
const (
	jsonName     = "ablation.json"
	variantsName = "variants" // a folder of students, each by its variant's name
)

// Folder returns how an ablation's folder is written, for export.Check before a run.
// force replaces an ablation that is there; a folder that holds anything else is never
// replaced.
func Folder(force bool) export.Options {
	return export.Options{Force: force, Names: []string{jsonName, "ablation.md", "report.html", variantsName}}
}

// A run is an ablation in progress.
type run struct {
	Options
	report   *Report
	students []*student
	library  string            // ONNX Runtime and its version, "" if it does not run
	cache    *teacher.RowCache // nil once it is not written to any more
	writing  writing           // a student's folder, while the next student is made
}

// Run makes the students of an ablation from as few forward passes as their teachers
// allow, scores and compares them, and writes the folder out: the students in variants/,
// ablation.json and the pages. teacher is a folder or a Hub id, or "" where Fit has vectors
// of texts.
//
// All poolings of the same ids come from one forward pass, and its rows are kept in the
// cache: another ablation of the same teacher runs nothing. Beside what a pass gives,
// the memory holds one set of rows (V×H) and two students (V×D) at a time.
//
// A model of Compare that cannot be scored, and a data set that fails, are no errors:
// the report says so. The folder is written whole or not at all.
func Run(ctx context.Context, teacherName, out string, o Options) (*Report, error) {
	folder := Folder(o.Force)
	for _, p := range o.Pages {
		folder.Names = append(folder.Names, p.Name)
	}
	if err := export.Check(out, folder); err != nil {
		return nil, err
	}
	r, err := o.start(ctx, teacherName)
	if err != nil {
		return nil, err
	}
	err = export.WriteFolder(ctx, out, func(path string) error {
		dir := filepath.Join(path, variantsName)
		if err := r.makeStudents(ctx, dir); err != nil { // V×H each pass, V×D each student
			return err
		}
		if err := r.score(ctx, dir); err != nil {
			return err
		}
		r.report.Compare(eval.DefaultSeed)
		return r.write(ctx, path)
	}, folder)
	if err != nil {
		return nil, err
	}
	return r.report, nil
}

// start reads all teachers and builds their vocabularies, so that whatever can fail
// fails before one of them runs.
func (o Options) start(ctx context.Context, teacherName string) (*run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if teacherName == "" && o.Fit.Features == nil && o.Fit.Vectors.File == "" {
		return nil, fault.Hint(errors.New("ablate: no teacher"), "name a folder or a Hub id, or vectors of texts with --features")
	}
	r := &run{Options: o, report: &Report{Tool: "m2v", Version: export.Version, Recipe: o.Recipe, Grid: o.Grid, Baseline: o.Variants[0].Name}}
	if teacherName != "" {
		r.report.Teacher = nameOf(teacherName)
	} else {
		r.report.Teacher = o.lessonNames()
	}
	if o.BaseModel != "" {
		r.report.BaseModel = nameOf(o.BaseModel)
	}
	if o.Cache != "" {
		r.cache = &teacher.RowCache{Dir: filepath.Join(o.Cache, "rows")}
	}
	if err := r.plan(ctx, teacherName); err != nil {
		return nil, err
	}
	return r, r.startRuntime()
}

func (o Options) check() error {
	if len(o.Variants) == 0 {
		return errors.New("ablate: no variants")
	}
	for i, v := range o.Variants {
		if v.Name == "" {
			return fmt.Errorf("ablate: variant %d has no name", i+1)
		}
		if slices.ContainsFunc(o.Variants[:i], func(other Variant) bool { return other.Name == v.Name }) {
			return fmt.Errorf("ablate: two variants are called %s", v.Name)
		}
		if v.BaseModel && o.BaseModel == "" {
			return fault.Argument("variant %s needs a base model: name one with --base-model", v.Name)
		}
		if err := v.check(o.Fit.Asked()); err != nil {
			return err
		}
	}
	if o.Tasks == nil && o.Compare != nil {
		return errors.New("ablate: there are models to compare with, but no data to score them on")
	}
	return nil
}

// startRuntime starts ONNX Runtime if a variant needs it. PCA's products run on it too;
// where only input rows are wanted, they can do without.
func (r *run) startRuntime() error {
	var rt *runtime.Runtime
	var err error
	if slices.ContainsFunc(r.students, func(s *student) bool { return s.runs() }) {
		rt, err = r.Runtime.Start()
	} else {
		rt, err = r.Runtime.StartIfThere()
	}
	if err != nil || rt == nil {
		return err
	}
	r.library = "onnxruntime " + rt.Version()
	for _, s := range r.students {
		if s.teacher.Info.File != "" { // not a vocabulary alone
			s.runtime = s.teacher.Engine(r.Runtime, rt.Version())
		}
	}
	return nil
}

// warn tells of a warning as it comes.
func (r *run) warn(message string) {
	if r.Warn != nil {
		r.Warn(message)
	}
}

// write writes ablation.json and the pages.
func (r *run) write(ctx context.Context, path string) error {
	pages := append([]Page{{jsonName, (*Report).JSON}}, r.Pages...)
	for _, p := range pages {
		data, err := p.Write(r.report)
		if err != nil {
			return err
		}
		err = export.CreateFile(ctx, filepath.Join(path, p.Name), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
