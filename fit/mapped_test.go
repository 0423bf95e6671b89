package fit

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// endless returns the prior as rows: no text moves them at this ridge.
func endless(o Options) Options {
	o.Ridge = 1e9
	return o
}

// all lists the texts that have tokens.
func all(texts *Texts) []int {
	var list []int
	for n := range texts.Len() {
		if len(texts.text(n)) > 0 {
			list = append(list, n)
		}
	}
	return list
}

// weighted returns aS and T of the texts with tokens; a goes by the plain prior.
func weighted(texts *Texts, s, target, prior *mat.Dense) (as, t *mat.Dense) {
	list := all(texts)
	_, v := s.Dims()
	_, d := target.Dims()
	as, t = mat.NewDense(len(list), v, nil), mat.NewDense(len(list), d, nil)
	var means mat.Dense
	means.Mul(s, prior)
	for i, n := range list {
		row := mat.VecDenseCopyOf(s.RowView(n))
		row.ScaleVec(1/mat.Norm(means.RowView(n), 2), row)
		as.SetRow(i, row.RawVector().Data)
		t.SetRow(i, target.RawRowView(n))
	}
	return as, t
}

// The mapped prior predicts what dense least squares of the targets on the texts' means of
// the teacher's centred, weighted rows predicts.
func TestMapPrior(t *testing.T) {
	g := readGolden(t)
	texts, block, weights := g.texts(t, N, BuilderOptions{}), g.block(0, N, true), g.weights(t)
	o := endless(small())
	plain := mustSolve(t, texts, []Block{block}, weights, o)
	o.MapPrior = true
	got := mustSolve(t, texts, []Block{block}, weights, o)

	s, target := dense(texts, block, got)
	as, want := weighted(texts, s, target, toDense(plain.Rows))
	f := mat.NewDense(g.Vocabulary, block.Rows.Cols, nil)
	centred := newCentredRows(block.Rows, weights)
	for i := range g.Vocabulary {
		centred.write(f.RawRowView(i), i)
	}
	var x, m, predicted, ours mat.Dense
	x.Mul(as, f)
	if err := m.Solve(&x, want); err != nil { // least squares by QR
		t.Fatal(err)
	}
	predicted.Mul(&x, &m)
	ours.Mul(as, toDense(got.Rows))
	predicted.Sub(&predicted, &ours)
	if apart := mat.Norm(&predicted, 2) / mat.Norm(&ours, 2); !(apart < 1e-4) {
		t.Errorf("the prior's vectors of texts are %.2g of their norm from least squares'", apart)
	}
	if few := "are few to map"; strings.Contains(strings.Join(got.Warnings, ""), few) != (got.Texts < 10*block.Rows.Cols) {
		t.Errorf("%d texts of width %d, warnings %q", got.Texts, block.Rows.Cols, got.Warnings)
	}
	if slices.Equal(got.Rows.Data, plain.Rows.Data) {
		t.Error("the map changes nothing")
	}
}

// Of two teachers, one by its vectors alone, the map brings texts nearer, and rows do not
// depend on the number of threads.
func TestMapPriorOfTwoTeachers(t *testing.T) {
	g := readGolden(t)
	texts, weights := g.texts(t, N, BuilderOptions{}), g.weights(t)
	blocks := []Block{g.block(0, N, true), g.block(1, N, false)}
	o := small()
	o.Holdout = 0.2
	plain := mustSolve(t, texts, blocks, weights, o)
	o.MapPrior = true
	o.Threads = 1
	got := mustSolve(t, texts, blocks, weights, o)
	if !(got.Before > plain.Before) {
		t.Errorf("mean cosine of the prior %v, mapped %v", plain.Before, got.Before)
	}
	o.Threads = 3
	if again := mustSolve(t, texts, blocks, weights, o); !slices.Equal(again.Rows.Data, got.Rows.Data) {
		t.Error("rows depend on the number of threads")
	}
}

// A word counts beside its pieces, from a prior of zero.
func TestWordsBesidePieces(t *testing.T) {
	g := readGolden(t)
	b := NewBuilder(g.Vocabulary+2, BuilderOptions{})
	for n, ids := range g.IDs[:N] {
		known := slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return id == 0 })
		var words []int32
		if len(known) > 0 && n%3 == 0 {
			words = []int32{int32(g.Vocabulary + n%2)}
		}
		if err := b.AddWords(known, words); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := b.Texts()
	if err != nil {
		t.Fatal(err)
	}
	o := small()
	o.Words = 2
	for _, rows := range []bool{true, false} {
		block := g.block(0, N, rows)
		prior := mustSolve(t, texts, []Block{block}, g.weights(t), endless(o)).Rows
		got := mustSolve(t, texts, []Block{block}, g.weights(t), o)
		s, target := dense(texts, block, got)
		// Text 0 has nine known tokens, and word 0 beside them.
		if sum, share := mat.Sum(s.RowView(0)), s.At(0, g.Vocabulary); math.Abs(sum-10.0/9) > 1e-6 || math.Abs(share-1.0/9) > 1e-6 {
			t.Errorf("shares of text 0 sum to %v, its word has %v", sum, share)
		}
		for w := range 2 {
			// The huge ridge leaves 1e-9 of what the texts ask for.
			for _, x := range prior.Row(g.Vocabulary + w) {
				if math.Abs(float64(x)) > 1e-6 {
					t.Fatalf("rows %v: prior %v of a word", rows, prior.Row(g.Vocabulary+w))
				}
			}
		}
		want := solveDense(s, target, prior, all(texts), o.Ridge)
		var apart mat.Dense
		apart.Sub(want, toDense(got.Rows))
		if d := mat.Norm(&apart, 2) / mat.Norm(want, 2); !(d < 1e-4) {
			t.Errorf("rows %v: %.2g of their norm from a dense solve", rows, d)
		}
	}
	if _, err := Solve(t.Context(), texts, []Block{g.block(0, N, true)}, g.weights(t), small()); err == nil {
		t.Error("words without Options.Words are not refused")
	}
}
