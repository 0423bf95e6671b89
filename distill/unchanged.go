package distill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
)

// Unchanged tells whether Run would make the student of the same inputs and switches, by
// the same programs, as the manifest m says. It loads the graph at most, and runs nothing.
// Settings that change no row, such as Options.Holdout, do not count. Vectors of other
// programs leave no trace in a manifest, so that a student of them is never unchanged.
func Unchanged(ctx context.Context, m *export.Manifest, t *teacher.Teacher, p runtime.Provider, o Options, f Fitting) (bool, error) {
	if err := f.check(t, o); err != nil {
		return false, err
	}
	if f.Vectors.File != "" {
		return false, nil
	}
	report := &Report{}
	if t != nil {
		var err error
		if report.Runtime, err = t.StartRuntime(p); err != nil {
			return false, err
		}
	}
	if f.Asked() {
		lessons, err := f.open(ctx)
		if err != nil {
			return false, err
		}
		if t == nil {
			if t, err = f.vocabulary(lessons); err != nil {
				return false, err
			}
		} else {
			own, err := f.prospect(ctx, t, p, lessons)
			if err != nil {
				return false, err
			}
			lessons = append([]Lesson{own}, lessons...)
		}
		report.Fit = &FitReport{}
		if report.Fit.TextsSHA256, err = sameTexts(ctx, lessons); err != nil {
			return false, err
		}
		for _, l := range lessons {
			report.Fit.Teachers = append(report.Fit.Teachers, l.Teacher)
		}
	}
	want := describe(t, o, report).Manifest
	return bytes.Equal(inputs(want), inputs(m)), nil
}

// inputs is the part of a manifest that says what a student is made of.
func inputs(m *export.Manifest) []byte {
	part := export.Manifest{Tool: m.Tool, Version: m.Version, Teacher: m.Teacher, Options: m.Options, Counts: m.Counts, ONNXRuntime: m.ONNXRuntime, Provider: m.Provider, Rewriting: m.Rewriting, MadeFrom: m.MadeFrom}
	if m.Fit != nil {
		part.Fit = &FitReport{TextsSHA256: m.Fit.TextsSHA256}
		for _, about := range m.Fit.Teachers {
			about.Rows = false // follows from the vocabulary
			part.Fit.Teachers = append(part.Fit.Teachers, about)
		}
	}
	data, err := json.Marshal(part)
	if err != nil {
		panic(err) // it holds numbers, strings and maps of them
	}
	return data
}

// prospect is the lesson that Learn would give, without its vectors.
func (f Fitting) prospect(ctx context.Context, t *teacher.Teacher, p runtime.Provider, lessons []Lesson) (Lesson, error) {
	drawn, err := f.texts(ctx, lessons)
	if err != nil {
		return Lesson{}, err
	}
	asked, err := ask(t, f.Study.Texts, p)
	if err != nil {
		return Lesson{}, err
	}
	return Lesson{Vectors: unread(drawn.Texts), Teacher: inManifest(asked.about), name: "the texts"}, asked.Close()
}

// unread are texts whose vectors nobody has made.
type unread []string

func (u unread) Len() int   { return len(u) }
func (u unread) Width() int { return 0 }

func (u unread) Each(context.Context, func(int, []string, *matrix.Matrix) error) error {
	return errors.New("distill: these texts have no vectors yet")
}

func (u unread) Texts(_ context.Context, visit func(int, []string) error) error { return visit(0, u) }
