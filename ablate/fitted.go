package ablate

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/teacher"
)

// lessonNames names the vectors of texts by the base names of their folders or file.
func (o Options) lessonNames() string {
	var names []string
	for _, dir := range o.Fit.Features {
		names = append(names, filepath.Base(strings.TrimRight(dir, "/")))
	}
	if o.Fit.Vectors.File != "" {
		names = append(names, filepath.Base(o.Fit.Vectors.File))
	}
	return strings.Join(names, " and ")
}

// fitting is what a variant is fitted to.
func (r *run) fitting(v Variant) distill.Fitting {
	f := r.Fit
	f.Study.Vocabulary = v.Switches.Teacher
	return f
}

// makeFitted makes and writes the students of an ablation with texts, those of one
// vocabulary and one kind of rows after the other.
func (r *run) makeFitted(ctx context.Context, dir string) error {
	var names []string
	var groups [][]*student
	for _, s := range r.students {
		name := fmt.Sprintf("%+v", s.Switches.Teacher)
		i := slices.Index(names, name)
		if i < 0 {
			names, groups, i = append(names, name), append(groups, nil), len(names)
		}
		groups[i] = append(groups[i], s)
	}
	for _, same := range groups {
		if err := r.makeCourse(ctx, same, dir); err != nil {
			return err
		}
	}
	r.addRows()
	return nil
}

// makeCourse makes students of the same rows and texts: the teacher is asked once, and
// what is left of the fits is shared as far as they are alike (distill.FitEach).
func (r *run) makeCourse(ctx context.Context, same []*student, dir string) error {
	var t *teacher.Teacher
	if same[0].teacher.Info.File != "" {
		t = same[0].teacher
	}
	var rows teacher.RowCache
	if r.cache != nil {
		rows = *r.cache
	}
	c, err := r.fitting(same[0].Variant).Course(ctx, t, r.Runtime, rows, r.Progress) // rows V×H, vectors N×H
	if err != nil {
		return err
	}
	defer c.Close()
	if c.Pass.Unkept != nil {
		r.warn(fmt.Sprintf("rows are not kept for later runs: %v", c.Pass.Unkept))
	}
	r.report.Texts = c.Texts()
	if t != nil {
		r.report.Passes = append(r.report.Passes,
			Pass{Teacher: same[0].name, Rows: []string{same[0].rowsName()}, Tokens: len(t.Vocabulary.Tokens), Cached: c.Pass.Cached, Seconds: c.Pass.Time.Seconds()},
			Pass{Teacher: same[0].name, Rows: []string{fmt.Sprintf("vectors of %d texts", c.Texts())}, Cached: c.Lessons[0].Time == 0, Seconds: c.Lessons[0].Time.Seconds()})
	}
	var fitted []*student
	for _, s := range same {
		if s.Texts > c.Texts() {
			return fault.Option(FitTexts, s.Texts, ": there are only %d texts", c.Texts())
		}
		if !s.Distilled {
			fitted = append(fitted, s)
		} else if err := r.makeDistilled(ctx, c, s, dir); err != nil {
			return err
		}
	}
	return r.fit(ctx, c, fitted, dir)
}

// makeDistilled makes a student of the course's rows alone.
func (r *run) makeDistilled(ctx context.Context, c *distill.Course, s *student, dir string) error {
	rows := c.Rows()
	if rows == nil {
		return fault.Hint(fault.Argument("variant %s: %s has no rows of the student's vocabulary", s.Name, r.report.Teacher), "make a grid, beside which there is no such variant")
	}
	s.teacher = c.Teacher
	return r.makeOf(ctx, rows.Matrix, c.Pass.Warnings, []*student{s}, dir)
}

// fit fits students to the course's texts.
func (r *run) fit(ctx context.Context, c *distill.Course, list []*student, dir string) error {
	wanted := make([]distill.Fitted, len(list))
	reports := make([]*distill.Report, len(list))
	for i, s := range list {
		wanted[i] = distill.Fitted{Texts: s.Texts, Options: s.Switches.Student}
	}
	if len(list) == 0 {
		return nil
	}
	done := 0
	tell := r.Progress.Stage("fit", "variants", len(list))
	passes := func(stage, unit string, done, total int) { // not each solve's steps
		if r.Progress != nil && stage == string(fit.ReadVectors) {
			r.Progress(stage, unit, done, total)
		}
	}
	err := c.Fit(ctx, wanted, passes, func(i int, made *distill.Student) error { // V×D
		s := list[i]
		reports[i] = made.Report
		if done++; tell != nil {
			defer tell(done)
		}
		return r.take(ctx, s, made, dir)
	})
	if err != nil {
		return err
	}
	for i, s := range list {
		s.row.Fit = fitOf(s, reports[i], c)
	}
	return nil
}

// fitOf is what the report says of a student's fit.
func fitOf(s *student, r *distill.Report, c *distill.Course) *Fit {
	f := &Fit{
		Texts: s.Texts, Words: r.Fit.Words, Phrases: r.Fit.Phrases, Seconds: r.Times.Fit.Seconds(), Steps: r.Fit.Steps, Residual: r.Fit.Residual,
		HeldOut: r.Fit.HeldOut, Before: r.Fit.Before, After: r.Fit.After,
	}
	if f.Texts == 0 {
		f.Texts = c.Texts()
	}
	if asked := c.Lessons[0].Time; asked > 0 {
		f.TeacherSeconds = c.Pass.Time.Seconds() + asked.Seconds()*float64(f.Texts)/float64(c.Texts())
	}
	return f
}
