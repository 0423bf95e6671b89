package ablate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
)

// A student is a variant that is being made.
type student struct {
	Variant
	teacher *teacher.Teacher
	name    string // of the teacher, for people
	folder  string // its name in variants/
	runtime string // version of ONNX Runtime, "" if none is at work
	rows    string // key of its rows, in the cache and among the others
	row     Row
}

// runs tells whether the student's teacher has a graph that is to run.
func (s *student) runs() bool { return !s.Switches.FromInput() && s.teacher.Info.File != "" }

// makeStudents makes and writes the students, those of one forward pass after the other.
// While it runs, the garbage collector works harder, as in distill.Run and for its reason.
func (r *run) makeStudents(ctx context.Context, dir string) error {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	do := r.makeAll
	if r.Fit.Asked() {
		do = r.makeFitted
	}
	err := do(ctx, dir)
	return cmp.Or(err, r.writing.wait())
}

// makeAll is makeStudents without texts.
func (r *run) makeAll(ctx context.Context, dir string) error {
	groups := map[string][]*student{}
	var order []string
	for _, s := range r.students {
		s.rows = s.teacher.RowsKey(s.runtime)
		key := s.rows // of its own: another output of the graph, or no pass at all
		if s.teacher.Options.Pooling != transformer.Pooler && !s.Switches.FromInput() {
			key = s.teacher.PassKey(s.runtime)
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], s)
	}
	for _, key := range order {
		pass, err := r.pass(ctx, groups[key], dir)
		if err != nil {
			return err
		}
		r.report.Passes = append(r.report.Passes, pass)
	}
	r.addRows()
	return nil
}

// addRows puts the students' rows into the report.
func (r *run) addRows() {
	for _, s := range r.students {
		r.report.Rows = append(r.report.Rows, s.row)
	}
}

// pass makes the students of one forward pass: first those whose rows the cache has,
// then, from one run of the teacher, the others.
func (r *run) pass(ctx context.Context, group []*student, dir string) (Pass, error) {
	t := group[0].teacher
	pass := Pass{Teacher: group[0].name, Tokens: len(t.Vocabulary.Tokens), Cached: true}
	sets := byRows(group)
	var missing [][]*student
	var poolings []transformer.Pooling
	for _, same := range sets {
		pass.Rows = append(pass.Rows, same[0].rowsName())
		rows, warnings := r.load(same[0])
		if rows == nil {
			missing, poolings = append(missing, same), append(poolings, same[0].teacher.Options.Pooling)
			continue
		}
		if err := r.makeOf(ctx, rows, warnings, same, dir); err != nil {
			return pass, err
		}
	}
	if missing == nil {
		return pass, nil
	}
	all, ran, err := t.Embed(ctx, r.Runtime, r.Progress, poolings...) // V×H for each pooling
	if err != nil {
		return pass, err
	}
	pass.Cached, pass.Seconds = false, ran.Time.Seconds()
	for k, same := range missing {
		if ran.Keeps(len(missing) * all[k].Rows) {
			r.store(same[0], all[k], ran.Warnings)
		}
		if err := r.makeOf(ctx, all[k], ran.Warnings, same, dir); err != nil {
			return pass, err
		}
		all[k] = nil // its memory is free for the next student
	}
	return pass, nil
}

// byRows groups students that are made of the same rows, in their order.
func byRows(list []*student) [][]*student {
	var out [][]*student
	for _, s := range list {
		i := slices.IndexFunc(out, func(same []*student) bool { return same[0].rows == s.rows })
		if i < 0 {
			out, i = append(out, nil), len(out)
		}
		out[i] = append(out[i], s)
	}
	return out
}

// makeOf makes the students of the same rows, whose principal axes are found once.
// warnings are those of the pass that made the rows.
func (r *run) makeOf(ctx context.Context, all *matrix.Matrix, warnings []string, same []*student, dir string) error {
	rows := &distill.Rows{Matrix: all}
	for _, s := range same {
		rows.Vocabulary = s.teacher.Vocabulary // of the same ids, but its file may be another
		pass := teacher.Pass{Warnings: warnings, Runtime: s.runtime}
		made, err := rows.StudentOf(ctx, s.teacher, pass, s.Switches.Student) // V×D
		if err != nil {
			return fmt.Errorf("variant %s: %w", s.Name, err)
		}
		if err := r.take(ctx, s, made, dir); err != nil {
			return err
		}
	}
	return nil
}

// take fills the row of a student that was made, tells of its warnings, and begins to
// write it to its folder in dir.
func (r *run) take(ctx context.Context, s *student, made *distill.Student, dir string) error {
	size := model.SizeOf(made.Model)
	s.row.Tokens, s.row.Dims, s.row.Parameters, s.row.Bytes = size.Tokens, size.Dims, size.Parameters, size.Bytes
	s.row.Explained, s.row.Warnings = made.Report.Explained, made.Report.Warnings
	for _, w := range s.row.Warnings {
		r.warn(w)
	}
	return r.writing.start(func() error {
		if err := made.Write(ctx, filepath.Join(dir, s.folder), export.Options{}); err != nil {
			return fmt.Errorf("variant %s: %w", s.Name, err)
		}
		return nil
	})
}

// rowsName tells people which rows the student is made of.
func (s *student) rowsName() string {
	if s.Switches.FromInput() {
		return "input embeddings"
	}
	return fmt.Sprintf("output, %s, %s", s.teacher.Options.Pooling, s.teacher.Options.Vocab.SpecialTokens)
}

// load returns the rows of a student from the cache and the warnings of their pass, nil
// if they are not there. A damaged file is a warning, and made anew.
func (r *run) load(s *student) (*matrix.Matrix, []string) {
	if r.Cache == "" {
		return nil, nil
	}
	cache := teacher.RowCache{Dir: filepath.Join(r.Cache, "rows")}
	rows, warnings, err := cache.Load(s.rows, len(s.teacher.Vocabulary.Tokens))
	if err == nil {
		return rows, warnings
	}
	if missing, ok := errors.AsType[*fs.PathError](err); !ok || missing.Op != "open" {
		r.warn(err.Error() + "; it is made anew")
	}
	return nil, nil
}

// store keeps rows in the cache. The first time that this fails is a warning, and the
// last: students are made all the same.
func (r *run) store(s *student, rows *matrix.Matrix, warnings []string) {
	if r.cache == nil {
		return
	}
	if err := r.cache.Store(s.rows, rows, warnings); err != nil {
		r.cache = nil
		r.warn(fmt.Sprintf("rows are not kept for later runs: %v", err))
	}
}
