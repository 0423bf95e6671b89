package ablate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/teacher"
)

// plan reads the teacher of each variant. Variants of one vocabulary share it.
func (r *run) plan(ctx context.Context, teacherName string) error {
	read := map[string]*teacher.Teacher{}
	for i, v := range r.Variants {
		if teacherName == "" {
			if err := r.planWithout(ctx, i); err != nil {
				return err
			}
			continue
		}
		name, revision := teacherName, r.Revision
		if v.BaseModel {
			name, revision = r.BaseModel, ""
		}
		t, err := r.read(ctx, name, revision, v, read)
		if err == nil {
			err = v.Switches.Student.CheckFit(t)
		}
		if err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
		row := Row{Name: v.Name, Kind: KindVariant, Settings: settings(r.Variants, i), Published: v.Published}
		r.students = append(r.students, &student{Variant: v, teacher: t, name: nameOf(name), folder: folderOf(v.Name, r.students), row: row})
	}
	return nil
}

// planWithout is plan of one variant without a teacher, whose vocabulary is that of the
// vectors of texts.
func (r *run) planWithout(ctx context.Context, i int) error {
	v := r.Variants[i]
	for _, flag := range slices.Concat(distill.Idle, []string{"source"}) {
		if v.names(flag) && i > 0 {
			return fault.Argument("variant %s: %s has no effect without a teacher", v.Name, flag)
		}
	}
	t, err := r.fitting(v).WithoutTeacher(ctx)
	if err == nil {
		err = v.Switches.Student.CheckFit(t)
	}
	if err != nil {
		return fmt.Errorf("variant %s: %w", v.Name, err)
	}
	row := Row{Name: v.Name, Kind: KindVariant, Settings: settings(r.Variants, i)}
	r.students = append(r.students, &student{Variant: v, teacher: t, name: r.report.Teacher, folder: folderOf(v.Name, r.students), row: row})
	return nil
}

// read returns the teacher of a variant, from those that were read if one of them has
// the same vocabulary.
func (r *run) read(ctx context.Context, name, revision string, v Variant, known map[string]*teacher.Teacher) (*teacher.Teacher, error) {
	o := v.Switches.Teacher
	vocabulary := o.Vocab
	if v.Switches.FromInput() {
		vocabulary.SpecialTokens = "" // has no effect
	}
	key := fmt.Sprintf("%q %q %q %q %q %+v", name, o.ONNXFile, revision, o.WordsFile, o.Source, vocabulary)
	if t, ok := known[key]; ok {
		return t.With(o)
	}
	folder, err := r.Find.Find(ctx, name, revision, hub.TeacherFiles(o.ONNXFile))
	if err != nil {
		return nil, err
	}
	t, err := teacher.Read(folder, o)
	if err == nil {
		known[key] = t
	}
	return t, err
}

var unsafeInNames = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^A-Za-z0-9._=,+-]+`) })

// folderOf is a variant's name as a folder of any file system can be called, numbered
// if another of the students has it.
func folderOf(name string, others []*student) string {
	folder := strings.Trim(unsafeInNames().ReplaceAllString(name, "_"), ".")
	if folder == "" {
		folder = "variant"
	}
	for n, try := 1, folder; ; try = fmt.Sprintf("%s-%d", folder, n) {
		taken := slices.ContainsFunc(others, func(s *student) bool { return strings.EqualFold(s.folder, try) })
		if !taken {
			return try
		}
		n++
	}
}
