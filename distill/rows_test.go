package distill_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
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

// Rows that make no student are refused, and what a PCA cannot do is told of.
func TestRowsRefuse(t *testing.T) {
	v := buildVocabulary(t, filepath.Join(testenv.Root(), "testdata", "tiny-bert"))
	for want, change := range map[string]func(*distill.Options, *distill.Rows){
		"2 rows for":              func(_ *distill.Options, r *distill.Rows) { r.Matrix = made(2, 4, 1) },
		"the vocabulary is empty": func(_ *distill.Options, r *distill.Rows) { r.Vocabulary = &vocab.Vocabulary{} },
		"-1 vocabulary clusters":  func(o *distill.Options, _ *distill.Rows) { o.Clusters = -1 },
		"drop -1 components":      func(o *distill.Options, _ *distill.Rows) { o.Drop = -1 },
		"drop 4 of 4 components":  func(o *distill.Options, _ *distill.Rows) { o.Drop = 4 },
		"whitening NaN":           func(o *distill.Options, _ *distill.Rows) { o.Whiten = math.NaN() },
		"there is no PCA":         func(o *distill.Options, _ *distill.Rows) { o.Dims.Mode, o.Drop = pca.None, 1 },
		"max length 0":            func(o *distill.Options, _ *distill.Rows) { o.MaxLength = 0 },
		"dimensions 0":            func(o *distill.Options, _ *distill.Rows) { o.Dims.Count = 0 },
		"row 1, column 2 is NaN":  func(_ *distill.Options, r *distill.Rows) { r.Matrix.Row(1)[2] = float32(math.NaN()) },
	} {
		o, r := distill.DefaultOptions(), &distill.Rows{Matrix: made(len(v.Tokens), 4, 1), Vocabulary: v}
		o.Dims.Count = 3
		change(&o, r)
		if _, _, err := r.Student(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, clusters := range []int{0, 5} {
		o := distill.DefaultOptions()
		o.Clusters = clusters
		if clusters > 0 {
			o.Dims.Mode = pca.None
		}
		if _, _, err := distill.FromRows(ctx, made(len(v.Tokens), 4, 1), v, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%d clusters: got %v, want a run that was cancelled", clusters, err)
		}
	}
	o := distill.DefaultOptions()
	o.Dims.Count, o.Drop = 4, 1
	m, report, err := (&distill.Rows{Matrix: made(len(v.Tokens), 4, 1), Vocabulary: v}).Student(t.Context(), o)
	if err != nil || m.Dims() != 3 || !slices.Contains(report.Warnings, "PCA to 4 dimensions: without the strongest 1, 3 are left of the rows' 4") {
		t.Errorf("%v: %d dimensions, warnings %q", err, m.Dims(), report.Warnings)
	}
}
