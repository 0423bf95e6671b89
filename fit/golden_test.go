package fit

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/zipf"
)

// golden is what bin/fit-oracle.py makes of made-up data; testdata/gen/fit.py writes it.
type golden struct {
	Vocabulary int
	IDs        [][]int32
	Widths     []int
	Rows       [][]float32 // of each teacher, V×H
	Vectors    [][]float32 // N×H
	Cases      []goldenCase
}

type goldenCase struct {
	Name     string
	Teachers []struct {
		Vectors int
		Rows    bool
	}
	Texts   int
	Options struct {
		D             int
		Whiten, Ridge *float64
	}
	Rows, Mean, Basis []float32
}

func readGolden(t testing.TB) *golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	g := new(golden)
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// texts returns the first n texts; token 0 is unknown to the student.
func (g *golden) texts(t testing.TB, n int, o BuilderOptions) *Texts {
	t.Helper()
	b := NewBuilder(g.Vocabulary, o)
	for _, ids := range g.IDs[:n] {
		known := slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return id == 0 })
		if err := b.Add(known); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := b.Texts()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { texts.Close() })
	return texts
}

func (g *golden) block(k, texts int, rows bool) Block {
	h := g.Widths[k]
	b := Block{Vectors: InMemory(&matrix.Matrix{Rows: texts, Cols: h, Data: g.Vectors[k][:texts*h]})}
	if rows {
		b.Rows = &matrix.Matrix{Rows: g.Vocabulary, Cols: h, Data: g.Rows[k]}
	}
	return b
}

func (g *golden) blocks(c *goldenCase) []Block {
	var blocks []Block
	for _, teacher := range c.Teachers {
		blocks = append(blocks, g.block(teacher.Vectors, c.Texts, teacher.Rows))
	}
	return blocks
}

func (g *golden) weights(t testing.TB) []float64 {
	t.Helper()
	w, err := zipf.Weights(g.Vocabulary, 1e-4)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (c *goldenCase) options() Options {
	o := DefaultOptions()
	o.Dims = pca.Dims{Mode: pca.Count, Count: c.Options.D}
	o.Tolerance = 1e-6 // the oracle's
	o.Holdout = 0
	if c.Options.Whiten != nil {
		o.Whiten = *c.Options.Whiten
	}
	if c.Options.Ridge != nil {
		o.Ridge = *c.Options.Ridge
	}
	return o
}

func TestEqualsTheOracle(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Cases {
		t.Run(c.Name, func(t *testing.T) {
			r, err := Solve(t.Context(), g.texts(t, c.Texts, BuilderOptions{}), g.blocks(&c), g.weights(t), c.options())
			if err != nil {
				t.Fatal(err)
			}
			if r.Rows.Rows != g.Vocabulary || r.Rows.Cols != c.Options.D {
				t.Fatalf("%d×%d rows, want %d×%d", r.Rows.Rows, r.Rows.Cols, g.Vocabulary, c.Options.D)
			}
			// Single values agree, signs included: no two of these variances are close.
			checkClose(t, "rows", r.Rows.Data, c.Rows, 2e-5)
			checkClose(t, "basis", r.Basis, c.Basis, 2e-5)
			checkClose(t, "mean", r.Mean, c.Mean, 1e-6)
			if r.Residual > 1e-6 || r.Steps < 5 {
				t.Errorf("residual %v after %d steps", r.Residual, r.Steps)
			}
			if r.NoTokens != 1+c.Texts/N || r.Texts != c.Texts-r.NoTokens {
				t.Errorf("%d texts fitted, %d without tokens", r.Texts, r.NoTokens)
			}
		})
	}
}

// N is how many texts the golden has.
const N = 120

// checkClose compares values, with a tolerance relative to the largest.
func checkClose[T float32 | float64](t *testing.T, what string, got []T, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values of %s, want %d", len(got), what, len(want))
	}
	largest := 0.0
	for _, v := range want {
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	worst := 0.0
	for i, v := range got {
		worst = math.Max(worst, math.Abs(float64(v)-float64(want[i])))
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("%s differ by up to %v, the largest is %v", what, worst, largest)
	}
}
