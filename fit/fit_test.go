package fit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

// small returns options for the golden's data: 8 dimensions, to the end.
func small() Options {
	o := DefaultOptions()
	o.Dims.Count = 8
	o.Tolerance = 1e-6
	o.Holdout = 0
	return o
}

func mustSolve(t testing.TB, texts *Texts, blocks []Block, weights []float64, o Options) *Result {
	t.Helper()
	r, err := Solve(t.Context(), texts, blocks, weights, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The figures are computed once more, densely and in float64: P is the solution for
// an endless ridge, T comes from the result's mean and basis.
func TestHeldOutFigures(t *testing.T) {
	g := readGolden(t)
	texts, blocks, weights := g.texts(t, N, BuilderOptions{}), []Block{g.block(0, N, true)}, g.weights(t)
	o := small()
	plain := mustSolve(t, texts, blocks, weights, o)
	if plain.HeldOut != 0 || plain.Before != 0 || plain.After != 0 {
		t.Errorf("none held out: %d texts, %v, %v", plain.HeldOut, plain.Before, plain.After)
	}
	o.Holdout = 0.2
	got := mustSolve(t, texts, blocks, weights, o)
	if !slices.Equal(got.Rows.Data, plain.Rows.Data) {
		t.Error("texts held out change the rows")
	}
	o.Ridge, o.Holdout = 1e9, 0
	prior := mustSolve(t, texts, blocks, weights, o).Rows

	s, target := dense(texts, blocks[0], got) // N×V, N×D
	var held, rest []int
	used := 0
	for n := range N {
		if len(texts.text(n)) == 0 {
			continue
		}
		if (used+1)*23/118 > used*23/118 { // 23 = ⌊0.2 × 118⌋, evenly
			held = append(held, n)
		} else {
			rest = append(rest, n)
		}
		used++
	}
	if got.HeldOut != len(held) || len(held) != 23 {
		t.Errorf("%d texts held out, want %d", got.HeldOut, len(held))
	}
	solved := solveDense(s, target, prior, rest, 0.1)
	before, after := meanCosine(s, toDense(prior), target, held), meanCosine(s, solved, target, held)
	if math.Abs(got.Before-before) > 1e-5 || math.Abs(got.After-after) > 1e-5 {
		t.Errorf("cosines %v and %v, want %v and %v", got.Before, got.After, before, after)
	}
	if !(after > before) {
		t.Errorf("the fit does not help: %v → %v", before, after)
	}
}

// dense returns S and T.
func dense(texts *Texts, b Block, r *Result) (s, target *mat.Dense) {
	s, target = mat.NewDense(N, texts.Vocabulary(), nil), mat.NewDense(N, r.Rows.Cols, nil)
	y := matrix.New(N, b.Vectors.Width())
	_ = b.Vectors.Read(context.Background(), 0, y)
	basis := mat.NewDense(len(r.Mean), r.Rows.Cols, r.Basis)
	for n := range N {
		for _, e := range texts.text(n) {
			s.Set(n, int(texts.seen[e.column]), float64(e.share))
		}
		x := make([]float64, len(r.Mean))
		for j, v := range y.Row(n) {
			x[j] = float64(v)/length(y.Row(n)) - r.Mean[j]
		}
		var score mat.VecDense
		score.MulVec(basis.T(), mat.NewVecDense(len(x), x))
		score.ScaleVec(1/mat.Norm(&score, 2), &score)
		target.SetRow(n, score.RawVector().Data)
	}
	return s, target
}

func toDense(m *matrix.Matrix) *mat.Dense {
	d := mat.NewDense(m.Rows, m.Cols, nil)
	d.Apply(func(i, j int, _ float64) float64 { return float64(m.Row(i)[j]) }, d)
	return d
}

// solveDense solves the normal equations of some texts.
func solveDense(s, target *mat.Dense, prior *matrix.Matrix, texts []int, ridge float64) *mat.Dense {
	_, v := s.Dims()
	p := toDense(prior)
	var means mat.Dense
	means.Mul(s, p)
	a, right := mat.NewDense(v, v, nil), mat.NewDense(v, prior.Cols, nil)
	right.Scale(ridge, p)
	for i := range v {
		a.Set(i, i, ridge)
	}
	for _, n := range texts {
		w := 1 / mat.Norm(means.RowView(n), 2)
		var outer mat.Dense
		outer.Outer(w*w, s.RowView(n), s.RowView(n))
		a.Add(a, &outer)
		outer.Reset()
		outer.Outer(w, s.RowView(n), target.RowView(n))
		right.Add(right, &outer)
	}
	var e mat.Dense
	if err := e.Solve(a, right); err != nil {
		panic(err)
	}
	return &e
}

func meanCosine(s, rows, target *mat.Dense, texts []int) float64 {
	var y mat.Dense
	y.Mul(s, rows)
	sum := 0.0
	for _, n := range texts {
		sum += mat.Dot(y.RowView(n), target.RowView(n)) / mat.Norm(y.RowView(n), 2)
	}
	return sum / float64(len(texts))
}

// Threads, the place of S and the way that vectors are cut change nothing.
func TestSameBytes(t *testing.T) {
	g := readGolden(t)
	blocks := []Block{g.block(0, N, true), g.block(1, N, false)}
	o := small()
	o.Dims.Count, o.Holdout = 18, 0.1
	o.Threads = 1
	want := mustSolve(t, g.texts(t, N, BuilderOptions{}), blocks, g.weights(t), o)
	check := func(what string, texts *Texts, o Options) {
		t.Helper()
		got := mustSolve(t, texts, blocks, g.weights(t), o)
		if !slices.Equal(got.Rows.Data, want.Rows.Data) || got.Residual != want.Residual || got.After != want.After {
			t.Errorf("%s gives other bytes", what)
		}
	}
	for _, threads := range []int{2, 3, 16, 0} {
		o.Threads = threads
		check(fmt.Sprint(threads, " threads"), g.texts(t, N, BuilderOptions{}), o)
	}
	func() {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		check("one processor", g.texts(t, N, BuilderOptions{}), o)
	}()
	func() {
		defer func(has bool) { hasKernels = has }(hasKernels)
		hasKernels = false
		check("the portable loops", g.texts(t, N, BuilderOptions{}), o)
	}()
	dir := t.TempDir()
	texts := g.texts(t, N, BuilderOptions{Memory: 10, Dir: dir})
	check("a temporary file", texts, o)
	if err := texts.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%q are left after Close", left)
	}
}

// A text whose vector is no good counts for nothing, as if it had no tokens.
func TestBadVectorsAreDropped(t *testing.T) {
	g := readGolden(t)
	const times = 3 // texts, of which 2 in 354 are bad
	texts := func(without ...int) *Texts {
		b := NewBuilder(g.Vocabulary, BuilderOptions{})
		for n := range times * N {
			ids := slices.DeleteFunc(slices.Clone(g.IDs[n%N]), func(id int32) bool { return id == 0 })
			if slices.Contains(without, n) {
				ids = nil
			}
			if err := b.Add(ids); err != nil {
				t.Fatal(err)
			}
		}
		texts, err := b.Texts()
		if err != nil {
			t.Fatal(err)
		}
		return texts
	}
	y := matrix.New(times*N, g.Widths[0])
	for n := range y.Rows {
		copy(y.Row(n), g.Vectors[0][n%N*y.Cols:])
		y.Row(n)[n%y.Cols] += float32(n) / 100
	}
	rows := g.block(0, N, true).Rows
	for _, prior := range []*matrix.Matrix{rows, nil} {
		block := []Block{{Rows: prior, Vectors: InMemory(y)}}
		want := mustSolve(t, texts(7, 200), block, g.weights(t), small())
		bad := matrix.New(y.Rows, y.Cols)
		copy(bad.Data, y.Data)
		bad.Row(7)[3] = float32(math.NaN())
		clear(bad.Row(200))
		clear(bad.Row(5)) // a text without tokens: nobody looks
		got := mustSolve(t, texts(), []Block{{Rows: prior, Vectors: InMemory(bad)}}, g.weights(t), small())
		if !slices.Equal(got.BadVectors, []int{7, 200}) || got.Texts != want.Texts || got.NoTokens != 6 {
			t.Errorf("bad vectors %v, %d texts, %d without tokens; want [7 200], %d, 6", got.BadVectors, got.Texts, got.NoTokens, want.Texts)
		}
		// Tokens are numbered by the texts that hold them, so sums have another order.
		checkClose(t, "rows", got.Rows.Data, want.Rows.Data, 1e-5)

		copy(bad.Row(300), []float32{float32(math.Inf(-1))})
		clear(bad.Row(301))
		_, err := Solve(t.Context(), texts(), []Block{{Rows: prior, Vectors: InMemory(bad)}}, g.weights(t), small())
		if err == nil || !strings.Contains(err.Error(), "4 of 354 vectors are zero or not finite, the first of text 7") {
			t.Errorf("four bad vectors: error %v", err)
		}
	}
}

func TestRowsWithoutTexts(t *testing.T) {
	g := readGolden(t)
	texts := g.texts(t, 20, BuilderOptions{})
	r := mustSolve(t, texts, []Block{g.block(0, 20, false)}, nil, small())
	if r.Seen != texts.Seen() || r.ZeroRows != g.Vocabulary-r.Seen {
		t.Errorf("%d tokens seen, %d rows of zeros, of %d", r.Seen, r.ZeroRows, g.Vocabulary)
	}
	o := small()
	with := mustSolve(t, texts, []Block{g.block(0, 20, true)}, g.weights(t), o)
	o.Ridge = 7
	again := mustSolve(t, texts, []Block{g.block(0, 20, true)}, g.weights(t), o)
	if with.ZeroRows != 0 {
		t.Errorf("%d rows of zeros, though the teacher has rows", with.ZeroRows)
	}
	for token := range g.Vocabulary {
		if same := slices.Equal(with.Rows.Row(token), again.Rows.Row(token)); same == slices.Contains(texts.seen, int32(token)) {
			t.Errorf("token %d: another ridge leaves the row: %v", token, same)
		}
	}
}

func TestFewerTextsThanDims(t *testing.T) {
	g := readGolden(t)
	o := small()
	o.Dims.Count = 12
	r := mustSolve(t, g.texts(t, 11, BuilderOptions{}), []Block{g.block(0, 11, true)}, g.weights(t), o)
	if r.Rows.Cols != 9 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "10 vectors have at most 9") {
		t.Errorf("%d dims of 10 texts, warnings %q", r.Rows.Cols, r.Warnings)
	}
	o.Dims.Count = 20
	r = mustSolve(t, g.texts(t, N, BuilderOptions{}), []Block{g.block(0, N, true)}, g.weights(t), o)
	if r.Rows.Cols != 12 || len(r.Warnings) != 1 || math.Abs(r.Explained-1) > 1e-9 {
		t.Errorf("%d dims of width 12, warnings %q, explained %v", r.Rows.Cols, r.Warnings, r.Explained)
	}
}

func TestStepsEndTheSolve(t *testing.T) {
	g := readGolden(t)
	o := small()
	o.Steps = 3
	var stages []string
	o.Holdout = 0.1
	o.Progress = func(s Stage, done, total int) { stages = append(stages, fmt.Sprint(s, " ", done, "/", total)) }
	r := mustSolve(t, g.texts(t, N, BuilderOptions{}), []Block{g.block(0, N, true)}, g.weights(t), o)
	if r.Steps != 3 || r.Residual < o.Tolerance || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "stopped after 3 steps") {
		t.Errorf("%d steps, residual %v, warnings %q", r.Steps, r.Residual, r.Warnings)
	}
	want := []string{
		"vectors 40/120", "vectors 80/120", "vectors 120/120",
		"held-out solve 0/3", "held-out solve 1/3", "held-out solve 2/3", "held-out solve 3/3",
		"solve 0/3", "solve 1/3", "solve 2/3", "solve 3/3",
	}
	if !slices.Equal(stages, want) {
		t.Errorf("progress %q, want %q", stages, want)
	}
}

func TestErrors(t *testing.T) {
	g := readGolden(t)
	texts, weights := g.texts(t, N, BuilderOptions{}), g.weights(t)
	good := []Block{g.block(0, N, true)}
	solve := func(texts *Texts, blocks []Block, weights []float64, change func(*Options)) error {
		o := small()
		if change != nil {
			change(&o)
		}
		_, err := Solve(t.Context(), texts, blocks, weights, o)
		return err
	}
	built := func(texts ...[]int32) *Texts {
		b := NewBuilder(g.Vocabulary, BuilderOptions{})
		for _, ids := range texts {
			if err := b.Add(ids); err != nil {
				t.Fatal(err)
			}
		}
		s, _ := b.Texts()
		return s
	}
	alike := matrix.New(N, 12)
	for i := range alike.Data {
		alike.Data[i] = float32(i%12) * float32(1+i/12)
	}
	broken := errors.New("shard 3 is damaged")
	check := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	check("no texts", solve(built(), good, weights, nil))
	check("no teacher", solve(texts, nil, weights, nil))
	check("120 vectors of 1 texts", solve(built([]int32{1}), good, weights, nil))
	check("1 of 1 texts can be used", solve(built([]int32{1}), []Block{g.block(0, 1, true)}, weights, nil))
	check("0 of 3 texts can be used", solve(built(nil, nil, nil), []Block{g.block(0, 3, true)}, weights, nil))
	check("no vectors", solve(texts, []Block{{}}, weights, nil))
	check("3 rows of a vocabulary of 50", solve(texts, []Block{{Rows: matrix.New(3, 12), Vectors: good[0].Vectors}}, weights, nil))
	check("rows of width 7 and vectors of width 12", solve(texts, []Block{{Rows: g.block(1, N, true).Rows, Vectors: good[0].Vectors}}, weights, nil))
	check("0 weights", solve(texts, good, nil, nil))
	check("point the same way", solve(texts, []Block{{Rows: good[0].Rows, Vectors: InMemory(alike)}}, weights, nil))
	check("all alike or not finite", solve(texts, []Block{{Rows: matrix.New(50, 12), Vectors: good[0].Vectors}}, weights, nil))
	check("texts 0 … 119: shard 3 is damaged", solve(texts, []Block{{Vectors: failing{N, 12, broken}}}, weights, nil))
	check("whitening NaN", solve(texts, good, weights, func(o *Options) { o.Whiten = math.NaN() }))
	check("ridge 0", solve(texts, good, weights, func(o *Options) { o.Ridge = 0 }))
	check("ridge +Inf", solve(texts, good, weights, func(o *Options) { o.Ridge = math.Inf(1) }))
	check("tolerance 1", solve(texts, good, weights, func(o *Options) { o.Tolerance = 1 }))
	check("0 steps", solve(texts, good, weights, func(o *Options) { o.Steps = 0 }))
	check("held out 0.6", solve(texts, good, weights, func(o *Options) { o.Holdout = 0.6 }))
	check("-1 threads", solve(texts, good, weights, func(o *Options) { o.Threads = -1 }))
	check("dimensions none", solve(texts, good, weights, func(o *Options) { o.Dims = pca.Dims{} }))

	check("text 0: token id 50 is not in 0 … 49", NewBuilder(50, BuilderOptions{}).Add([]int32{3, 50}))
	check("token id -1", NewBuilder(50, BuilderOptions{}).Add([]int32{-1}))
	missing := NewBuilder(50, BuilderOptions{Memory: 1, Dir: filepath.Join(t.TempDir(), "no such folder")})
	if err := missing.Add([]int32{1, 2}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a temporary file in a folder that is not there: %v", err)
	}
}

type failing struct {
	n, width int
	err      error
}

func (f failing) Len() int                                        { return f.n }
func (f failing) Width() int                                      { return f.width }
func (f failing) Read(context.Context, int, *matrix.Matrix) error { return f.err }

func TestCancel(t *testing.T) {
	g := readGolden(t)
	texts, blocks, weights := g.texts(t, N, BuilderOptions{}), []Block{g.block(0, N, true)}, g.weights(t)
	for _, at := range []string{"", "vectors 40", "vectors 120", "held-out solve 2", "solve 2"} {
		ctx, cancel := context.WithCancel(t.Context())
		o := small()
		o.Holdout = 0.1
		o.Progress = func(s Stage, done, _ int) {
			if fmt.Sprint(s, " ", done) == at {
				cancel()
			}
		}
		if at == "" {
			cancel()
		}
		if r, err := Solve(ctx, texts, blocks, weights, o); !errors.Is(err, context.Canceled) || r != nil {
			t.Errorf("cancelled at %q: %v, %v", at, r, err)
		}
		cancel()
	}
}
