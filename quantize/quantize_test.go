package quantize

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/cluster"
	"github.com/m2v-dev/m2v/matrix"
)

// The golden is quantize_embeddings of model2vec 0.10.0 on NumPy 2.4.6;
// testdata/gen/numerics.py makes it. Its rows hold ties, subnormals, and values
// beyond float16.
func TestTableEqualsTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Width int
		Cases []struct {
			X       []float32
			Float16 []uint16
			Int8    []int8
			Scale   float64
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) == 0 {
		t.Fatal("no cases")
	}
	for n, c := range golden.Cases {
		m := &matrix.Matrix{Rows: len(c.X) / golden.Width, Cols: golden.Width, Data: c.X}
		half := Table(m, matrix.Float16)
		for i, want := range c.Float16 {
			if got := binary.LittleEndian.Uint16(half.Bytes[2*i:]); got != want {
				t.Errorf("case %d: float16 of %v is %#04x, want %#04x", n, c.X[i], got, want)
			}
		}
		if c.Int8 == nil {
			continue
		}
		bytes := Table(m, matrix.Int8)
		if bytes.Scale != c.Scale {
			t.Errorf("case %d: scale %v, want %v", n, bytes.Scale, c.Scale)
		}
		for i, want := range c.Int8 {
			if got := int8(bytes.Bytes[i]); got != want {
				t.Errorf("case %d: int8 of %v is %d, want %d", n, c.X[i], got, want)
			}
		}
	}
}

func TestTableKeepsFloats(t *testing.T) {
	m := randomMatrix(50, 7, 1)
	m.Row(3)[2] = float32(math.Inf(1))
	for _, kind := range []matrix.Type{matrix.Float32, matrix.Float64} {
		table := Table(m, kind)
		if table.Type != kind || table.Rows != 50 || table.Cols != 7 || len(table.Bytes) != 50*7*kind.Size() || table.Scale != 0 {
			t.Errorf("%v: got %v of %d×%d, %d bytes, scale %v", kind, table.Type, table.Rows, table.Cols, len(table.Bytes), table.Scale)
		}
		for i, v := range table.Matrix().Data {
			if v != m.Data[i] {
				t.Errorf("%v: value %d is %v, want %v", kind, i, v, m.Data[i])
			}
		}
	}
}

func TestInt8RestoresWithItsScale(t *testing.T) {
	m := randomMatrix(100, 16, 2)
	table := Table(m, matrix.Int8)
	for i, v := range table.Matrix().Data {
		if d := math.Abs(float64(v - m.Data[i])); d > 0.55*table.Scale { // half a step, and float16's rounding
			t.Fatalf("value %d is %v, was %v: off by %.2f steps", i, v, m.Data[i], d/table.Scale)
		}
	}
}

func TestInt8OfOddValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	check := func(data []float32, want []int8, scale float64) {
		t.Helper()
		table := Table(&matrix.Matrix{Rows: 1, Cols: len(data), Data: data}, matrix.Int8)
		for i, w := range want {
			if got := int8(table.Bytes[i]); got != w {
				t.Errorf("int8 of %v is %v, want %v", data, got, w)
			}
		}
		if table.Scale != scale {
			t.Errorf("scale of %v is %v, want %v", data, table.Scale, scale)
		}
	}
	check([]float32{0, 0}, []int8{0, 0}, 1)
	check([]float32{nan, 127, -254}, []int8{0, 64, -127}, 2) // 63.5 goes to even
	check([]float32{inf, -inf, 127}, []int8{127, -127, 127}, 1)
	check(nil, nil, 1)
}

func randomMatrix(rows, cols int, seed uint64) *matrix.Matrix {
	r := rand.New(rand.NewPCG(seed, 0))
	m := matrix.New(rows, cols)
	for i := range m.Data {
		m.Data[i] = float32(r.NormFloat64())
	}
	return m
}

func TestVocabulary(t *testing.T) {
	m := randomMatrix(300, 8, 3)
	ctx := context.Background()
	centroids, mapping, err := Vocabulary(ctx, m, 40, 42)
	if err != nil {
		t.Fatal(err)
	}
	if centroids.Rows != 40 || centroids.Cols != 8 || len(mapping) != 300 {
		t.Fatalf("%d×%d centroids, %d rows mapped", centroids.Rows, centroids.Cols, len(mapping))
	}
	for i, c := range mapping {
		own := squared(m.Row(i), centroids.Row(int(c)))
		for other := range centroids.Rows {
			if squared(m.Row(i), centroids.Row(other)) < own-1e-5 {
				t.Fatalf("row %d is mapped to %d and closer to %d", i, c, other)
			}
		}
	}
	again, _, err := Vocabulary(ctx, m, 40, 42)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range again.Data {
		if v != centroids.Data[i] {
			t.Fatal("the same seed gives other centroids")
		}
	}
}

// A small vocabulary is clustered from ten starts: one left tiny-unigram, k = 100, 1.9 %
// above the inertia that scikit-learn's best of ten has.
func TestSmallVocabulariesStartOften(t *testing.T) {
	for _, c := range []struct{ v, d, k, want int }{
		{798, 32, 100, 10}, {5987, 128, 20, 8}, {29525, 256, 100, 1}, {300_000, 1024, 100_000, 1}, {5, 0, 2, 10},
	} {
		if got := starts(c.v, c.d, c.k); got != c.want {
			t.Errorf("%d×%d rows, k=%d: %d starts, want %d", c.v, c.d, c.k, got, c.want)
		}
	}
	m := randomMatrix(300, 8, 3)
	inertia := func(centroids *matrix.Matrix, mapping []int32) (sum float64) {
		for i, c := range mapping {
			sum += squared(m.Row(i), centroids.Row(int(c)))
		}
		return sum
	}
	ctx := context.Background()
	best := math.Inf(1) // of starts with other seeds
	for seed := range uint64(10) {
		r, err := cluster.KMeans(ctx, m, 40, cluster.Options{Init: cluster.Random, Seed: seed, Runs: 1, MaxIter: 300, Tol: 1e-4})
		if err != nil {
			t.Fatal(err)
		}
		best = min(best, inertia(r.Centers, r.Labels))
	}
	centroids, mapping, err := Vocabulary(ctx, m, 40, 42)
	if err != nil {
		t.Fatal(err)
	}
	if got := inertia(centroids, mapping); got > 1.01*best {
		t.Errorf("inertia %.1f, the best of ten starts has %.1f", got, best)
	}
}

func squared(a, b []float32) (s float64) {
	for j := range a {
		d := float64(a[j] - b[j])
		s += d * d
	}
	return s
}

func TestVocabularyRefuses(t *testing.T) {
	ctx := context.Background()
	nan := randomMatrix(5, 3, 4)
	nan.Row(2)[1] = float32(math.NaN())
	for _, c := range []struct {
		m    *matrix.Matrix
		k    int
		want string
	}{
		{randomMatrix(5, 3, 4), 6, "6 clusters of a vocabulary of 5 rows"},
		{randomMatrix(5, 3, 4), 0, "0 clusters of a vocabulary of 5 rows"},
		{nan, 2, "row 2, column 1 is NaN"},
	} {
		_, _, err := Vocabulary(ctx, c.m, c.k, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func ExampleTable() {
	m := matrix.New(1, 3)
	copy(m.Data, []float32{1.27, -0.5, 0.001})
	table := Table(m, matrix.Int8)
	fmt.Printf("%d, scale %.2f\n", []int8{int8(table.Bytes[0]), int8(table.Bytes[1]), int8(table.Bytes[2])}, table.Scale)
	// Output: [127 -50 0], scale 0.01
}

func ExampleVocabulary() {
	m := matrix.New(5, 1)
	copy(m.Data, []float32{1, 2, 101, 102, 103})
	centroids, mapping, err := Vocabulary(context.Background(), m, 2, 42)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, c := range mapping {
		fmt.Println(m.Data[i], "→", centroids.Row(int(c))[0])
	}
	// Output:
	// 1 → 1.5
	// 2 → 1.5
	// 101 → 102
	// 102 → 102
	// 103 → 102
}

func BenchmarkTable(b *testing.B) {
	m := randomMatrix(29525, 256, 5)
	for _, kind := range matrix.Types {
		b.Run(kind.String(), func(b *testing.B) {
			for b.Loop() {
				Table(m, kind)
			}
			b.ReportMetric(float64(m.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
