package distill_test

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/transformer"
)

// Students of shared rows have the bytes that each would have alone, in any order,
// and leave the rows as they were.
func TestRowsMakeManyStudents(t *testing.T) {
	teacher := filepath.Join(testenv.Root(), "testdata", "tiny-bert")
	v := buildVocabulary(t, teacher)
	rows := embed(t, teacher, v, transformer.Mean) // V×H
	before := slices.Clone(rows.Data)
	shared := &distill.Rows{Matrix: rows, Vocabulary: v}
	for _, set := range []struct{ dims, sif string }{{"12", "1e-4"}, {"none", "log"}, {"9", "none"}, {"auto", "log"}, {"none", "1e-4"}, {"12", "1e-4"}} {
		o := distill.DefaultOptions()
		o.Type = matrix.Float32
		if err := o.Dims.Set(set.dims); err != nil {
			t.Fatal(err)
		}
		if err := o.SIF.Set(set.sif); err != nil {
			t.Fatal(err)
		}
		got, _, err := shared.Student(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := student(t, rows, v, o)
		if !bytes.Equal(got.Table().Bytes, want.Table().Bytes) {
			t.Errorf("dims %s, sif %s: the student of shared rows has other bytes", set.dims, set.sif)
		}
		if !slices.Equal(rows.Data, before) {
			t.Fatalf("dims %s, sif %s: the rows have changed", set.dims, set.sif)
		}
	}
}

// Values beyond float16's were written as ±Inf without a word.
func TestRowsTooLargeForTheirType(t *testing.T) {
	teacher := filepath.Join(testenv.Root(), "testdata", "tiny-bert")
	v := buildVocabulary(t, teacher)
	o := distill.DefaultOptions()
	for _, set := range []interface{ Set(string) error }{&o.Dims, &o.SIF} {
		if err := set.Set("none"); err != nil {
			t.Fatal(err)
		}
	}
	large := matrix.New(len(v.Tokens), 2)
	large.Row(7)[1] = 1e6
	m, report, err := (&distill.Rows{Matrix: large, Vocabulary: v}).Student(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if m.Table().Type != matrix.Float32 || m.Row(7)[1] != 1e6 || !slices.Contains(report.Warnings, "rows are stored as float32, since values are too large for float16") {
		t.Errorf("rows of %v, row 7 %v, warnings %q", m.Table().Type, m.Row(7), report.Warnings)
	}
	large.Row(7)[1] = float32(math.Inf(1))
	if _, _, err := (&distill.Rows{Matrix: large, Vocabulary: v}).Student(t.Context(), o); err == nil {
		t.Error("a row with an infinite value is stored")
	}
}
