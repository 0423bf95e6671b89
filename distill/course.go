package distill

import (
	"context"

	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/texts"
)

// A Course is what a Fitting asks for, ready to be solved: whose vocabulary students have,
// and what teachers say of the texts. Any number of students can be fitted to it.
type Course struct {
	Teacher *teacher.Teacher // of the vocabulary
	Pass    teacher.Pass     // what ran for its rows
	Lessons []Lesson         // the first has the teacher's rows, if there are some

	drawn  texts.Drawn
	remove func()
}

// Course opens what is there, and asks the teacher t about the texts; t is nil without a
// teacher. Close it.
func (f Fitting) Course(ctx context.Context, t *teacher.Teacher, p runtime.Provider, rows teacher.RowCache, progress teacher.Progress) (*Course, error) {
	if _, err := p.StartIfThere(); err != nil { // the dense products run on it
		return nil, err
	}
	lessons, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	c := &Course{Teacher: t, Lessons: lessons, remove: func() {}}
	if t == nil {
		c.Teacher, err = f.vocabulary(lessons)
		return c, err
	}
	if c.drawn, err = f.texts(ctx, lessons); err != nil {
		return nil, err
	}
	if err := enough(len(c.drawn.Texts)); err != nil {
		return nil, err
	}
	cache, remove, err := f.cache()
	if err != nil {
		return nil, err
	}
	c.remove = remove
	own, pass, err := Learn(ctx, t, p, c.drawn.Texts, f.Study, cache, rows, progress) // rows V×H, vectors N×H
	if err != nil {
		remove()
		return nil, err
	}
	c.drawn.Texts = nil // they are in the lesson
	c.Lessons, c.Pass = append([]Lesson{own}, lessons...), pass
	return c, nil
}

// Close removes vectors that are not kept.
func (c *Course) Close() { c.remove() }

// Texts is the number of texts.
func (c *Course) Texts() int { return c.Lessons[0].Vectors.Len() }

// Fit is FitEach of the course's lessons.
func (c *Course) Fit(ctx context.Context, list []Fitted, progress teacher.Progress, use func(i int, s *Student) error) error {
	return FitEach(ctx, c.Teacher, c.Pass, c.Lessons, list, progress, func(i int, s *Student) error {
		if n := list[i].Texts; n == 0 || n == c.Texts() { // of others nobody knows how many were left out
			told := s.Report.Fit // the manifest's, too
			told.Empty, told.Duplicates, told.Skipped = told.Empty+c.drawn.Empty, c.drawn.Duplicates, int(c.drawn.Skipped)
		}
		return use(i, s)
	})
}

// Rows are the rows of the course's teacher and the students that can be made of them
// without its texts; nil if it has none of its vocabulary.
func (c *Course) Rows() *Rows {
	rows := c.Lessons[0].of(c.Teacher.Vocabulary.Tokens)
	if rows == nil {
		return nil
	}
	return &Rows{Matrix: rows.Matrix, Vocabulary: c.Teacher.Vocabulary}
}
