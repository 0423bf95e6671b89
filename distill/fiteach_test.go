package distill_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/teacher"
)

// head is a lesson of the first n texts alone.
func head(l distill.Lesson, n int) distill.Lesson {
	all := l.Vectors.(source)
	l.Vectors = source{texts: all.texts[:n], y: &matrix.Matrix{Rows: n, Cols: all.y.Cols, Data: all.y.Data[:n*all.y.Cols]}}
	return l
}

// Students that are fitted together are, folder for folder, those of a fit alone: of the
// first texts, with words of these texts, stored in several ways.
func TestFitEachEqualsFit(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	n := len(g.Texts)
	var list []distill.Fitted
	add := func(texts int, change func(*distill.Options)) {
		o := fitOptions(6)
		o.Holdout = 0.1
		change(&o)
		list = append(list, distill.Fitted{Texts: texts, Options: o})
	}
	add(0, func(*distill.Options) {})
	add(n, func(o *distill.Options) { o.Type = matrix.Int8 })
	add(30, func(o *distill.Options) { o.Type, o.Normalize = matrix.Float16, false })
	add(30, func(o *distill.Options) { o.Ridge = 1 })
	add(n, func(o *distill.Options) { o.Words, o.Phrases = 20, 10 })
	add(45, func(o *distill.Options) { o.Words, o.Phrases = 20, 10 })
	add(45, func(o *distill.Options) { o.Words, o.Phrases, o.Type = 20, 10, matrix.Int8 })
	add(45, func(o *distill.Options) { o.Whiten, o.MaxLength = 0.5, 8 })
	lessons := []distill.Lesson{g.lesson(0, true, tiny.Vocabulary.Tokens), g.lesson(1, false, nil)}

	dir := t.TempDir()
	reports := make([]*distill.Report, len(list))
	err := distill.FitEach(t.Context(), tiny, teacher.Pass{}, lessons, list, nil, func(i int, s *distill.Student) error {
		reports[i] = s.Report
		its := list[i].Texts
		if its == 0 {
			its = n
		}
		want, err := distill.Fit(t.Context(), tiny, teacher.Pass{}, []distill.Lesson{head(lessons[0], its), head(lessons[1], its)}, list[i].Options, nil)
		if err != nil {
			return err
		}
		a, b := filepath.Join(dir, "got", string(rune('a'+i))), filepath.Join(dir, "want", string(rune('a'+i)))
		if err := want.Write(t.Context(), b, export.Options{}); err != nil {
			return err
		}
		if err := s.Write(t.Context(), a, export.Options{}); err != nil {
			return err
		}
		for _, name := range []string{"model.safetensors", "tokenizer.json", "config.json", "m2v.json"} {
			got, err := os.ReadFile(filepath.Join(a, name))
			alone, err2 := os.ReadFile(filepath.Join(b, name))
			if err != nil || err2 != nil || !bytes.Equal(got, alone) {
				t.Errorf("%s of student %d is not that of a fit alone: %v, %v", name, i, err, err2)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		if r == nil || r.Times.Fit <= 0 {
			t.Errorf("student %d was not made, or in no time: %+v", i, r)
		}
	}
}

func TestFitEachRefuses(t *testing.T) {
	var g fitGolden
	readJSON(t, "testdata/fit.json", &g)
	tiny := tinyVocabulary(t)
	lessons := []distill.Lesson{{Vectors: g.lesson(0, false, nil).Vectors, Rows: &features.Rows{}}}
	for _, c := range []struct {
		texts int
		want  string
	}{{len(g.Texts) + 1, "fit-texts 52: there are only 51 texts"}, {19, "texts: 19 are too few"}, {-3, "texts: -3 are too few"}} {
		err := distill.FitEach(t.Context(), tiny, teacher.Pass{}, lessons, []distill.Fitted{{Options: fitOptions(5)}, {Texts: c.texts, Options: fitOptions(5)}}, nil,
			func(int, *distill.Student) error { t.Error("a student was made"); return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d texts: %v, want %q", c.texts, err, c.want)
		}
	}
}
