package static

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/matrix"
)

// drawn returns a table and the rows and weights of a text.
func drawn(seed uint64, of matrix.Type, tableRows, columns, n int) (t *matrix.Table, rows []int32, weights []float32) {
	r := rand.New(rand.NewPCG(seed, 0))
	t = &matrix.Table{Type: of, Rows: tableRows, Cols: columns}
	for range tableRows * columns {
		x := r.NormFloat64()
		switch of {
		case matrix.Float16:
			t.Bytes = binary.LittleEndian.AppendUint16(t.Bytes, float16.Fromfloat32(float32(x)).Bits())
		case matrix.Float32:
			t.Bytes = binary.LittleEndian.AppendUint32(t.Bytes, math.Float32bits(float32(x)))
		case matrix.Float64:
			t.Bytes = binary.LittleEndian.AppendUint64(t.Bytes, math.Float64bits(x))
		case matrix.Int8:
			t.Bytes = append(t.Bytes, byte(r.IntN(256)))
		}
	}
	for range n {
		rows = append(rows, int32(r.IntN(tableRows)))
		weights = append(weights, r.Float32())
	}
	return t, rows, weights
}

// TestSumsAddInOrder compares with the plain loop to the last bit, for every type, and for
// every count of rows and width that a kernel may treat on its own.
func TestSumsAddInOrder(t *testing.T) {
	for _, of := range matrix.Types {
		t.Run(of.String(), func(t *testing.T) {
			for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 40, 513} {
				for _, width := range []int{1, 3, 7, 8, 9, 15, 16, 31, 63, 64, 65, 128, 256, 300, 384, 512, 577} {
					checkSum(t, of, n, width)
				}
			}
		})
	}
}

func checkSum(t *testing.T, of matrix.Type, n, width int) {
	t.Helper()
	table, rows, weights := drawn(uint64(n*1000+width), of, 50, width+n%3, n) // also the first columns of wider rows
	table.Scale = []float64{0, 0.25, 1.0 / 127, 3e-5}[n%4]
	plain, weighted, row := make([]float32, width), make([]float32, width), make([]float32, table.Cols)
	for k, r := range rows {
		table.Row(int(r), row)
		for j, v := range row[:width] {
			plain[j] += v
			weighted[j] += float32(weights[k] * v)
		}
	}
	s := newStored(table)
	for name, s := range map[string]stored{"as it is": s, "without kernels": {table: s.table, floats: s.floats}, "by bytes": {table: s.table}} {
		got := make([]float32, width+1)
		got[width] = 42 // must stay
		s.add(got[:width], rows, nil, row)
		if !slices.Equal(got[:width], plain) || got[width] != 42 {
			t.Errorf("%s: %d rows × %d: another sum", name, n, width)
		}
		clear(got[:width])
		s.add(got[:width], rows, weights, row)
		if !slices.Equal(got[:width], weighted) || got[width] != 42 {
			t.Errorf("%s: %d weighted rows × %d: another sum", name, n, width)
		}
	}
}

// TestKernelsRun: a kernel that is there is used, so that the test above is one of it.
func TestKernelsRun(t *testing.T) {
	for _, of := range matrix.Types {
		table, rows, _ := drawn(1, of, 2, 64, 1)
		if got, want := newStored(table).kernel.add(make([]float32, 64), table, rows, nil), 64; runs(of) && got != want {
			t.Errorf("%s: the kernel added %d columns, not %d", of, got, want)
		}
	}
}

// TestInt8Scales: values that a kernel would round another way are left to the loops.
func TestInt8Scales(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	scales := []float64{1, 1e-45, 5e-324, 1e38, 1e300, math.Inf(1)}
	for range 200 {
		scales = append(scales, math.Exp(20*r.NormFloat64()))
	}
	for _, scale := range scales {
		table := &matrix.Table{Type: matrix.Int8, Rows: 1, Cols: 256, Bytes: make([]byte, 256), Scale: scale}
		for i := range table.Bytes {
			table.Bytes[i] = byte(i)
		}
		want, got := make([]float32, 256), make([]float32, 256)
		table.Row(0, want)
		s := newStored(table)
		s.add(got, []int32{0}, nil, make([]float32, 256))
		for j, v := range got {
			if v != want[j] && v == v {
				t.Fatalf("scale %v: byte %d is %v, not %v", scale, j, v, want[j])
			}
		}
	}
}

func TestAverage(t *testing.T) {
	v := []float32{3, 4, 0, 0, 0}
	average(v, 2, false)
	if !slices.Equal(v, []float32{1.5, 2, 0, 0, 0}) {
		t.Errorf("mean %v", v)
	}
	average(v, 7, true) // a number of rows does not matter to the direction
	for i, want := range []float64{0.6, 0.8, 0, 0, 0} {
		if math.Abs(float64(v[i])-want) > 1e-7 {
			t.Errorf("normalised %v", v)
		}
	}
	for _, zero := range [][]float32{{0, 0}, {0}} {
		average(zero, 3, true)
		if zero[0] != 0 {
			t.Errorf("zeros became %v", zero)
		}
	}
}

// TestNormAddsInOrder: kernels give what the loop gives, to the last bit.
func TestNormAddsInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	for n := range 300 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		var got, want [8]float64
		addSquares(&got, v[squares(&got, v):])
		addSquares(&want, v)
		if got != want {
			t.Errorf("%d values: sums of squares %v, want %v", n, got, want)
		}
		totals := make([]float64, n)
		accumulate(totals, v)
		accumulate(totals, v)
		for i, x := range v {
			if totals[i] != 2*float64(x) {
				t.Fatalf("%d values: total %d is %v, want twice %v", n, i, totals[i], x)
			}
		}
		scaled := slices.Clone(v)
		multiply(scaled, 0.1)
		for i := range v {
			if scaled[i] != v[i]*0.1 {
				t.Fatalf("%d values: value %d is %v, want %v", n, i, scaled[i], v[i]*0.1)
			}
		}
	}
}

func TestPrefix(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 5, "abc"}, {"abc", 3, "abc"}, {"abc", 2, "ab"}, {"abc", 0, ""}, {"", 0, ""},
		{"日本語", 2, "日本"}, {"e\u0301x", 1, "e"}, {"日本語", 9, "日本語"}, {"a日b", 2, "a日"},
		{"\xff\xfea", 2, "\xff\xfe"}, // bytes that are no text count one each
	} {
		if got := prefix(test.text, test.n); got != test.want {
			t.Errorf("prefix(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}

// BenchmarkSum sums a text of 40 tokens, as paragraphs of 177 characters have,
// from the table of a BERT vocabulary.
func BenchmarkSum(b *testing.B) {
	for _, width := range []int{64, 256, 384} {
		const texts = 500
		zipf := rand.NewZipf(rand.New(rand.NewPCG(2, 0)), 1.1, 5, 29_524)
		rows := make([]int32, 40*texts)
		for i := range rows {
			rows[i] = int32(zipf.Uint64()) // as words are drawn
		}
		sum, scratch := make([]float32, width), make([]float32, width)
		for _, of := range matrix.Types {
			table, _, weights := drawn(1, of, 29_525, width, 40*texts)
			s := newStored(table)
			b.Run(fmt.Sprintf("%s-40x%d", of, width), func(b *testing.B) {
				for i := range b.N {
					clear(sum)
					s.add(sum, rows[i%texts*40:][:40], nil, scratch)
				}
			})
			b.Run(fmt.Sprintf("%s-weighted-40x%d", of, width), func(b *testing.B) {
				for i := range b.N {
					clear(sum)
					s.add(sum, rows[i%texts*40:][:40], weights[i%texts*40:][:40], scratch)
				}
			})
		}
	}
}
