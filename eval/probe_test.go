package eval

import (
	"cmp"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// madeNumbers is the formula of testdata/gen/probe.py: rows×cols numbers within ±1.
func madeNumbers(rows, cols, seed int, scale float32) *matrix.Matrix {
	m := matrix.New(rows, cols)
	for i := range rows {
		for j := range cols {
			n := i*7919 + j*104729 + seed
			m.Row(i)[j] = scale * float32(float64(n*n%1000003%2003)/1001-1)
		}
	}
	return m
}

// TestProbeIsTheReference trains the probe from given weights, in a given order, on the
// parts that it draws itself: the epochs, the accuracy after each, the weights in the end
// and the score are those of the reference's own program on torch (testdata/gen/probe.py).
func TestProbeIsTheReference(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "probe.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Parts      map[int][3][]int
		N, Width   int
		Labels     string
		Epochs     int
		Stop       []float64
		Accuracy   float64
		W1, B1, W2 []float32
		B2         float32
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for n, parts := range want.Parts {
		learn, stop, test := probeParts(DefaultSeed, n)
		if !slices.Equal(learn, parts[0]) || !slices.Equal(stop, parts[1]) || !slices.Equal(test, parts[2]) {
			t.Errorf("parts of %d rows: %v, %v, %v, want %v", n, learn, stop, test, parts)
		}
	}

	x, y := madeNumbers(want.N, want.Width, 1, 2), make([]float32, want.N)
	for i := range y {
		y[i] = float32(want.Labels[i] - '0')
	}
	n := newNetwork(want.Width, rand.New(rand.NewPCG(0, 0)))
	w1, b1, w2, b2 := n.parts(n.params)
	copy(w1, madeNumbers(probeHidden, want.Width, 300, 0.125).Data)
	copy(b1, madeNumbers(1, probeHidden, 301, 0.125).Data)
	copy(w2, madeNumbers(1, probeHidden, 302, 0.125).Data)
	copy(b2, madeNumbers(1, 1, 303, 0.125).Data)

	learn, stop, test := probeParts(DefaultSeed, want.N)
	given, epoch := slices.Clone(learn), 0
	shuffle := func(rows []int) {
		if epoch > 0 {
			if got := n.accuracy(x, y, stop); math.Abs(got-want.Stop[epoch-1]) > 1e-6 {
				t.Errorf("accuracy after epoch %d: %v, want %v", epoch, got, want.Stop[epoch-1])
			}
		}
		epoch++
		keys, order := madeNumbers(len(rows), 1, epoch, 1).Data, upTo(len(rows))
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
		for k, i := range order {
			rows[k] = given[i]
		}
	}
	if err := n.train(t.Context(), x, y, learn, stop, shuffle); err != nil {
		t.Fatal(err)
	}
	if n.epochs != want.Epochs {
		t.Errorf("%d epochs, want %d", n.epochs, want.Epochs)
	}
	if got := n.accuracy(x, y, test); math.Abs(got-want.Accuracy) > 1e-6 {
		t.Errorf("accuracy %v, want %v", got, want.Accuracy)
	}
	for name, pair := range map[string][2][]float32{"W1": {w1, want.W1}, "b1": {b1, want.B1}, "w2": {w2, want.W2}, "b2": {b2, {want.B2}}} {
		for k, v := range pair[1] {
			if math.Abs(float64(pair[0][k]-v)) > 1e-5 {
				t.Errorf("%s[%d] = %v, want %v", name, k, pair[0][k], v)
			}
		}
	}
}
