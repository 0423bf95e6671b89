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

// Unchanged tells whether Run would make its student of the same inputs and switches, by
// the same programs, as the manifest m says. t is a vocabulary alone where the student has
// no teacher. Settings that change no row, such as Options.Holdout, do not count.
func Unchanged(ctx context.Context, m *export.Manifest, t *teacher.Teacher, p runtime.Provider, o Options, f Fitting) (bool, error) {
	report := &Report{}
	lessons, err := f.open(ctx)
	if err != nil {
		return false, err
	}
	if t.Info.File != "" {
		if report.Runtime, err = t.StartRuntime(p); err != nil {
			return false, err
		}
		if f.Asked() {
			drawn, err := f.texts(ctx, lessons)
			if err != nil {
				return false, err
			}
			own, err := prospect(t, p, drawn.Texts, f.Study)
			if err != nil {
				return false, err
			}
			lessons = append([]Lesson{own}, lessons...)
		}
	}
	if f.Asked() {
		sum, err := sameTexts(ctx, lessons)
		if err != nil {
			return false, err
		}
		report.Fit = &FitReport{TextsSHA256: sum}
		for _, l := range lessons {
			if len(l.Teacher.SHA256) == 0 { // vectors of another program leave no trace
				return false, nil
			}
			report.Fit.Teachers = append(report.Fit.Teachers, l.Teacher)
		}
	}
	want := describe(t, o, report).Manifest
	return bytes.Equal(inputs(want), inputs(m)), nil
}

// inputs is the part of a manifest that says what a student is made of.
func inputs(m *export.Manifest) []byte {
	part := export.Manifest{Tool: m.Tool, Version: m.Version, Teacher: m.Teacher, Options: m.Options, Counts: m.Counts, ONNXRuntime: m.ONNXRuntime, MadeFrom: m.MadeFrom}
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

// prospect is the lesson that Learn would give, as far as Unchanged needs it: it loads the
// graph and runs nothing. It has no vectors.
func prospect(t *teacher.Teacher, p runtime.Provider, texts []string, s Study) (Lesson, error) {
	encoder, err := teacher.OpenTexts(t.Folder, s.Texts, p)
	if err != nil {
		return Lesson{}, err
	}
	defer encoder.Close()
	sums, err := encoder.SHA256()
	about := export.TextTeacher{Name: t.Folder.Name, Revision: t.Folder.Commit, SHA256: sums, Settings: encoder.Settings()}
	return Lesson{Vectors: unread(texts), Teacher: about, name: "the texts"}, err
}

// unread are texts whose vectors nobody has made.
type unread []string

func (u unread) Len() int   { return len(u) }
func (u unread) Width() int { return 0 }

func (u unread) Each(context.Context, func(int, []string, *matrix.Matrix) error) error {
	return errors.New("distill: these texts have no vectors yet")
}

func (u unread) Texts(_ context.Context, visit func(int, []string) error) error { return visit(0, u) }
