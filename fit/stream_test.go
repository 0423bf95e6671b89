package fit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// shards hands y out in batches of some rows, always in the same memory, and counts
// passes that were begun and ended.
type shards struct {
	y           *matrix.Matrix
	rows        int
	begun, done int
	fail        error // at the second batch
}

func (s *shards) each(_ context.Context, visit func(int, *matrix.Matrix) error) error {
	s.begun++
	defer func() { s.done++ }()
	buffer := make([]float32, s.rows*s.y.Cols)
	for first := 0; first < s.y.Rows; first += s.rows {
		if first > 0 && s.fail != nil {
			return s.fail
		}
		n := min(s.rows, s.y.Rows-first)
		for i := range buffer {
			buffer[i] = 99
		}
		copy(buffer, s.y.Data[first*s.y.Cols:(first+n)*s.y.Cols])
		if err := visit(first, &matrix.Matrix{Rows: n, Cols: s.y.Cols, Data: buffer[:n*s.y.Cols]}); err != nil {
			return err
		}
	}
	return nil
}

func TestStreamGivesTheSameBytes(t *testing.T) {
	g := readGolden(t)
	texts, weights := g.texts(t, N, BuilderOptions{}), g.weights(t)
	block := g.block(0, N, true)
	want := mustSolve(t, texts, []Block{block}, weights, small())
	for _, rows := range []int{1, 7, 60, N, 1000} {
		s := &shards{y: block.Vectors.(inMemory).y, rows: rows}
		got := mustSolve(t, texts, []Block{{Rows: block.Rows, Vectors: Stream(N, 12, s.each)}}, weights, small())
		if !slices.Equal(got.Rows.Data, want.Rows.Data) {
			t.Errorf("shards of %d give other bytes", rows)
		}
		if s.begun != 3 || s.done != 3 {
			t.Errorf("%d passes begun, %d ended, want 3", s.begun, s.done)
		}
	}
}

func TestStreamErrors(t *testing.T) {
	g := readGolden(t)
	texts, weights := g.texts(t, N, BuilderOptions{}), g.weights(t)
	y := g.block(0, N, true).Vectors.(inMemory).y
	check := func(want string, s *shards, width int) {
		t.Helper()
		_, err := Solve(t.Context(), texts, []Block{{Vectors: Stream(N, width, s.each)}}, weights, small())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if s.begun != s.done {
			t.Errorf("%q: %d passes begun, %d ended", want, s.begun, s.done)
		}
	}
	check("shard 1 is damaged", &shards{y: y, rows: 50, fail: errors.New("shard 1 is damaged")}, 12)
	check("the vectors end after 100 of 120", &shards{y: &matrix.Matrix{Rows: 100, Cols: 12, Data: y.Data[:1200]}, rows: 50}, 12)
	check("width 12, not 11", &shards{y: y, rows: 50}, 11)

	s := &shards{y: y, rows: 50}
	err := s.each(t.Context(), func(int, *matrix.Matrix) error { return errStopped })
	if !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
	v := Stream(N, 12, s.each)
	if err := v.Read(t.Context(), 0, matrix.New(10, 12)); err != nil {
		t.Error(err)
	}
	if err := v.Read(t.Context(), 20, matrix.New(10, 12)); err == nil || !strings.Contains(err.Error(), "is at 10") {
		t.Errorf("out of order: %v", err)
	}
	v.(*stream).end()
	if s.begun != s.done {
		t.Errorf("%d passes begun, %d ended", s.begun, s.done)
	}
}
