//go:build cgo

package ablate_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// tinyLines are the 400 texts of testdata/lines.txt.
func tinyLines(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "testdata", "lines.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// TestRunFitted: one pass of the teacher over its tokens and one over the texts, and
// variants that are, folder for folder, the students that m2v.Distill makes of the first
// texts alone; a second run asks the teacher nothing.
func TestRunFitted(t *testing.T) {
	lines, cache := tinyLines(t), t.TempDir()
	choice := ablate.Choice{Fitted: true, Recipe: "fit", Given: []ablate.Setting{{Flag: "pca-dims", Value: "24"}}, Grid: []ablate.Axis{
		{Flag: ablate.FitTexts, Values: []string{"150", "400"}}, {Flag: "ridge", Values: []string{"0.1", "2"}}, {Flag: "quantize-to", Values: []string{"float16", "int8"}},
	}}
	variants, err := choice.Variants(distill.DefaultSwitches())
	if err != nil {
		t.Fatal(err)
	}
	door := m2v.DefaultOptions()
	passes := map[string]int{}
	o := ablate.Options{
		Find: door.Find, Runtime: door.Runtime, Variants: variants, Grid: choice.Grid, Cache: cache,
		Fit: distill.Fitting{Texts: lines, Study: distill.DefaultStudy(), Cache: distill.FeaturesFolder(cache)},
		Progress: func(stage, _ string, done, total int) {
			if done == total && (stage == "embed" || stage == "texts") {
				passes[stage]++
			}
		},
	}
	out := filepath.Join(t.TempDir(), "first")
	r, err := ablate.Run(t.Context(), tiny, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if passes["embed"] != 1 || r.Texts != 400 || len(r.Passes) != 2 || r.Passes[1].Cached || len(r.Rows) != 10 {
		t.Errorf("the teacher ran %v, passes %+v, %d texts, %d rows", passes, r.Passes, r.Texts, len(r.Rows))
	}
	for i, v := range variants {
		alone := m2v.DefaultOptions()
		alone.Teacher, alone.Student = v.Switches.Teacher, v.Switches.Student
		if !v.Distilled {
			its := lines
			if v.Texts > 0 {
				its = lines[:v.Texts]
			}
			alone.Fit = distill.Fitting{Texts: its, Study: distill.DefaultStudy(), Cache: distill.FeaturesFolder(cache)}
		}
		student, err := m2v.Distill(t.Context(), tiny, alone)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "alone")
		if err := student.Write(t.Context(), dir, export.Options{}); err != nil {
			t.Fatal(err)
		}
		sameFolder(t, filepath.Join(out, "variants", v.Name), dir)
		if f := r.Rows[i].Fit; v.Distilled != (f == nil) || f != nil && (f.Texts != len(lines) && f.Texts != v.Texts || f.TeacherSeconds <= 0 || f.Seconds <= 0 || f.HeldOut == 0) {
			t.Errorf("the report says of %s %+v", v.Name, f)
		}
	}
	clear(passes)
	if r, err = ablate.Run(t.Context(), tiny, filepath.Join(t.TempDir(), "second"), o); err != nil {
		t.Fatal(err)
	}
	if passes["embed"] != 0 || !r.Passes[0].Cached || !r.Passes[1].Cached || r.Rows[0].Fit.TeacherSeconds != 0 {
		t.Errorf("a second run: the teacher ran %v, passes %+v", passes, r.Passes)
	}
}

// An ablation of vectors alone needs no teacher; what needs one is refused by name.
func TestRunFittedWithoutTeacher(t *testing.T) {
	lines := tinyLines(t)[:60]
	door := m2v.DefaultFitOptions()
	vectors := filepath.Join(t.TempDir(), "features")
	o := door
	o.Fit.Study.Rows = true
	if _, err := m2v.Featurize(t.Context(), tiny, features.Strings(lines), vectors, o); err != nil {
		t.Fatal(err)
	}
	run := func(choice ablate.Choice, change func(*ablate.Options)) (*ablate.Report, error) {
		t.Helper()
		choice.Fitted, choice.Given = true, []ablate.Setting{{Flag: "pca-dims", Value: "16"}}
		variants, err := choice.Variants(distill.DefaultSwitches())
		if err != nil {
			t.Fatal(err)
		}
		o := ablate.Options{Find: door.Find, Runtime: door.Runtime, Variants: variants, Fit: distill.Fitting{Features: []string{vectors}, Study: distill.DefaultStudy()}}
		if change != nil {
			change(&o)
		}
		return ablate.Run(t.Context(), "", filepath.Join(t.TempDir(), "out"), o)
	}
	r, err := run(ablate.Choice{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range r.Rows {
		names = append(names, row.Name)
	}
	if !slices.Equal(names, []string{"fit", "distilled"}) || r.Teacher != "features" || len(r.Passes) != 0 || r.Rows[1].Dims != 16 {
		t.Errorf("rows %q of %q, passes %v", names, r.Teacher, r.Passes)
	}
	for want, try := range map[string]func() (*ablate.Report, error){
		"pooling has no effect without a teacher": func() (*ablate.Report, error) {
			return run(ablate.Choice{Grid: []ablate.Axis{{Flag: "pooling", Values: []string{"first"}}}}, nil)
		},
		"fit-texts 61: there are only 60 texts": func() (*ablate.Report, error) {
			return run(ablate.Choice{Grid: []ablate.Axis{{Flag: ablate.FitTexts, Values: []string{"61"}}}}, nil)
		},
		"ablate: no teacher": func() (*ablate.Report, error) {
			return run(ablate.Choice{}, func(o *ablate.Options) { o.Fit = distill.Fitting{Texts: lines} })
		},
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
