package learn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/matrix"
)

func random(r *rand.Rand, rows, cols int) *matrix.Matrix {
	m := matrix.New(rows, cols)
	for i := range m.Data {
		m.Data[i] = float32(r.NormFloat64())
	}
	return m
}

// checkSlope compares a gradient by params with central differences of a float32 loss.
func checkSlope(t *testing.T, what string, params []float32, slope func(i int) float32, loss func() float64) {
	t.Helper()
	const h = 1.0 / 256 // exact in float32
	for i, p := range params {
		params[i] = p + h
		up := loss()
		params[i] = p - h
		down := loss()
		params[i] = p
		want := (up - down) / (2 * h)
		if got := float64(slope(i)); math.Abs(got-want) > 2e-3*max(1, math.Abs(want)) {
			t.Errorf("%s: slope %d is %v, by differences %v", what, i, got, want)
		}
	}
}

func TestLossGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	scores, goal := random(r, 5, 4), random(r, 5, 4)
	labels := matrix.New(5, 4)
	for i := range labels.Data {
		labels.Data[i] = float32(r.IntN(2))
	}
	classes := []int{3, 0, 1, 1, 2}
	losses := map[string]func() (float64, *matrix.Matrix){
		"cosine": func() (float64, *matrix.Matrix) { return Cosine(scores, goal) },
		"mse":    func() (float64, *matrix.Matrix) { return MSE(scores, goal) },
	}
	for _, gamma := range []float64{0, 1, 2.5} {
		for _, weights := range [][]float64{nil, {1, 2, 0.5, 3}} {
			o := ClassOptions{Weights: weights, Gamma: gamma}
			losses[fmt.Sprint("classes ", o)] = func() (float64, *matrix.Matrix) { return CrossEntropy(scores, classes, o) }
			losses[fmt.Sprint("labels ", o)] = func() (float64, *matrix.Matrix) { return BinaryCrossEntropy(scores, labels, o) }
		}
	}
	for name, f := range losses {
		_, slope := f()
		checkSlope(t, name, scores.Data, func(i int) float32 { return slope.Data[i] }, func() float64 { l, _ := f(); return l })
	}
}

func TestInfoNCEGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	anchors, candidates := random(r, 4, 6), random(r, 7, 6) // three hard negatives
	p := Pairs{Temperature: 0.5, Anchors: []int32{0, 1, 0, 2}, Candidates: []int32{3, 4, 5, 4, 6, 3, 1}}
	dims := []int{6, 3}
	f := func() (float64, *matrix.Matrix, *matrix.Matrix) {
		return Matryoshka(anchors, candidates, dims, func(a, c *matrix.Matrix) (float64, *matrix.Matrix, *matrix.Matrix) {
			return InfoNCE(a, c, p)
		})
	}
	_, a, c := f()
	loss := func() float64 { l, _, _ := f(); return l }
	checkSlope(t, "anchors", anchors.Data, func(i int) float32 { return a.Data[i] }, loss)
	checkSlope(t, "candidates", candidates.Data, func(i int) float32 { return c.Data[i] }, loss)
}

// Anchor 0 has candidate 0 as its positive; of the others it may tell apart those that are
// neither the same text nor the positive of the same anchor nor the anchor itself.
func TestFalseNegativesAreMasked(t *testing.T) {
	p := Pairs{Temperature: 1, Anchors: []int32{0, 1, 0, 2}, Candidates: []int32{3, 4, 5, 3, 6, 3, 0}}
	var got []bool
	for j := range p.Candidates {
		got = append(got, p.masked(0, j))
	}
	if want := "[false false true true false true true]"; fmt.Sprint(got) != want {
		t.Errorf("masked %v, want %v", got, want)
	}
}

// A whole model: rows with weights and a mapping, unit length, a head.
func TestModelGradients(t *testing.T) {
	for _, mapped := range []bool{false, true} {
		r := rand.New(rand.NewPCG(3, 0))
		rows := &Rows{Table: random(r, 6, 5), Weights: []float32{1, 0.5, 2, 1.5, -1, 0.3}}
		if mapped {
			rows.Mapping = []int32{0, 1, 1, 2, 0, 5}
		}
		bags := &Bags{}
		for _, ids := range [][]int32{{0, 1, 1}, {2}, {}, {5, 0, 3, 2}} {
			bags.Append(ids)
		}
		head := NewHead(nprand.NewGenerator(1), 5, []int{7, 4}, 3)
		for _, l := range head.Layers { // else a text without tokens stands where a ReLU bends
			copy(l.Bias, random(r, 1, len(l.Bias)).Data)
		}
		classes := []int{0, 1, 2, 1}
		forward := func() (float64, *matrix.Matrix, *Pass, *Units) {
			unit := Unit(rows.Means(bags))
			pass := head.Forward(unit.Out)
			loss, slope := CrossEntropy(pass.Out(), classes, ClassOptions{})
			return loss, slope, pass, unit
		}
		loss := func() float64 { l, _, _, _ := forward(); return l }
		_, slope, pass, unit := forward()
		inputs, layers := head.Backward(pass, slope)
		g := rows.Gradient(bags, unit.Backward(inputs))
		for i, params := range head.Params() {
			checkSlope(t, fmt.Sprint("layer ", i), params, func(j int) float32 { return layers[i][j] }, loss)
		}
		checkSlope(t, "rows", rows.Table.Data, g.Rows.at(5), loss)
		checkSlope(t, "weights", rows.Weights, g.Weights.at(1), loss)
	}
}

// at returns a sparse gradient's value by its place in the table.
func (s Sparse) at(cols int) func(i int) float32 {
	return func(i int) float32 {
		for k, row := range s.Rows {
			if int(row) == i/cols {
				return s.Values.Row(k)[i%cols]
			}
		}
		return 0
	}
}

func TestCoSENTGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	a, b := random(r, 5, 4), random(r, 5, 4)
	scores := []float64{1, 3, 3, 0, 2}
	_, da, db := CoSENT(a, b, scores, 0.5)
	loss := func() float64 { l, _, _ := CoSENT(a, b, scores, 0.5); return l }
	checkSlope(t, "a", a.Data, func(i int) float32 { return da.Data[i] }, loss)
	checkSlope(t, "b", b.Data, func(i int) float32 { return db.Data[i] }, loss)

	// Two pairs, cosines 1 and 0, the lower one with the higher score: log(1 + e^(1/0.5)).
	a, b = rowsOf([]float32{1, 0, 1, 0}, 2), rowsOf([]float32{1, 0, 0, 1}, 2)
	if got, _, _ := CoSENT(a, b, []float64{0, 1}, 0.5); math.Abs(got-math.Log1p(math.Exp(2))) > 1e-6 {
		t.Errorf("loss %v", got)
	}
}
