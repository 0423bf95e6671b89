package learn

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// The numbers are torch 2.15.0's and model2vec 0.10.0's; testdata/gen/learn.py makes them.
type golden struct {
	Adam, AdamW dense
	SparseAdam  struct {
		Start   []float32
		Batches []struct {
			Rows   []int32
			Values []float32
		}
		Steps [][]float64
	} `json:"sparse_adam"`
	Plateau struct{ Losses, Rates []float64 }
	Losses  map[string]struct {
		Scores, Targets []float32
		Loss            float64
		Slope           []float64
	}
	InfoNCE struct {
		Anchors, Candidates []float32
		IDsA                []int32 `json:"ids_a"`
		IDsB                []int32 `json:"ids_b"`
		Loss                float64
		SlopeA              []float64 `json:"slope_a"`
		SlopeB              []float64 `json:"slope_b"`
	}
	Splits []struct {
		N, Train     int
		Labels, Test []int
	}
}

type dense struct {
	Start     []float32
	Gradients [][]float32
	Steps     [][]float64
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// near compares float32 results of two programs.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 2e-6*max(1, math.Abs(w)) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], w)
		}
	}
}

func rowsOf(data []float32, cols int) *matrix.Matrix {
	return &matrix.Matrix{Rows: len(data) / cols, Cols: cols, Data: slices.Clone(data)}
}

func TestStepsAreTorchs(t *testing.T) {
	g := readGolden(t)
	decay := DefaultAdamW
	decay.Decay = 0.1
	for name, c := range map[string]struct {
		dense
		o AdamOptions
	}{"Adam": {g.Adam, DefaultAdam}, "AdamW": {g.AdamW, decay}} {
		params := slices.Clone(c.Start)
		a := NewAdam(c.o, params)
		for i, slope := range c.Gradients {
			a.Step(0.05, slope)
			near(t, name, params, c.Steps[i])
		}
	}
	table := rowsOf(g.SparseAdam.Start, 3)
	a := NewSparseAdam(DefaultAdam, table)
	for i, b := range g.SparseAdam.Batches {
		a.Step(0.05, Sparse{b.Rows, rowsOf(b.Values, 3)})
		near(t, "SparseAdam", table.Data, g.SparseAdam.Steps[i])
	}
	if a.Touched() != 4 {
		t.Errorf("%d rows touched, want 4", a.Touched())
	}
}

func TestPlateauIsTorchs(t *testing.T) {
	g := readGolden(t).Plateau
	p := NewPlateau(1e-3)
	for i, loss := range g.Losses {
		p.Epoch(loss)
		if math.Abs(p.Rate(i)-g.Rates[i]) > 1e-12 {
			t.Fatalf("after epoch %d the rate is %v, want %v", i, p.Rate(i), g.Rates[i])
		}
	}
}

func TestLossesAreTorchs(t *testing.T) {
	for name, c := range readGolden(t).Losses {
		scores, o := rowsOf(c.Scores, 3), ClassOptions{}
		if strings.Contains(name, "yes") {
			o.Weights = []float64{0.5, 1, 2.5}
		}
		if strings.Contains(name, "gamma 2") {
			o.Gamma = 2
		}
		var loss float64
		var slope *matrix.Matrix
		switch kind, _, _ := strings.Cut(name, ","); kind {
		case "classes":
			loss, slope = CrossEntropy(scores, []int{0, 2, 1, 2}, o)
		case "labels":
			loss, slope = BinaryCrossEntropy(scores, rowsOf([]float32{1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0}, 3), o)
		case "cosine":
			loss, slope = Cosine(scores, rowsOf(c.Targets, 3))
		case "mse":
			loss, slope = MSE(scores, rowsOf(c.Targets, 3))
		}
		near(t, name, []float32{float32(loss)}, []float64{c.Loss})
		near(t, name, slope.Data, c.Slope)
	}
}

func TestInfoNCEIsTheReferences(t *testing.T) {
	g := readGolden(t).InfoNCE
	p := Pairs{Temperature: 0.05, Anchors: g.IDsA, Candidates: g.IDsB}
	loss, a, c := InfoNCE(rowsOf(g.Anchors, 4), rowsOf(g.Candidates, 4), p)
	if math.Abs(loss-g.Loss) > 1e-5 {
		t.Errorf("loss %v, want %v", loss, g.Loss)
	}
	for i, want := range g.SlopeA {
		if math.Abs(float64(a.Data[i])-want) > 1e-5 || math.Abs(float64(c.Data[i])-g.SlopeB[i]) > 1e-5 {
			t.Errorf("slope %d: %v and %v, want %v and %v", i, a.Data[i], c.Data[i], want, g.SlopeB[i])
		}
	}
}

func TestSplitIsTheReferences(t *testing.T) {
	for _, c := range readGolden(t).Splits {
		train, test := Split(c.N, 0.1, c.Labels, 42)
		if len(train) != c.Train || !slices.Equal(test, c.Test) {
			t.Errorf("%d examples: %d and %v, want %d and %v", c.N, len(train), test, c.Train, c.Test)
		}
	}
}
