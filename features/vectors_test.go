package features

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/matrix"
)

var _ fit.Vectors = (*Vectors)(nil)

func TestVectorsBatchAfterBatch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, corpus(150), newFake(), smallOptions())
	s := open(t, dir)
	_, want := readSource(t, s)
	v := NewVectors(s)
	defer v.Close()
	for _, step := range []int{1, 7, 20, 33, len(want)} {
		for range 2 { // passes
			for first := 0; first < len(want); first += step {
				y := matrix.New(min(step, len(want)-first), v.Width())
				if err := v.Read(context.Background(), first, y); err != nil {
					t.Fatal(err)
				}
				for i := range y.Rows {
					if !slices.Equal(y.Row(i), want[first+i]) {
						t.Fatalf("steps of %d: vector %d is %v, want %v", step, first+i, y.Row(i), want[first+i])
					}
				}
			}
		}
	}
	y := matrix.New(2, v.Width())
	for _, first := range []int{100, 3, 50} { // forwards over some, and back
		if err := v.Read(context.Background(), first, y); err != nil || !slices.Equal(y.Row(1), want[first+1]) {
			t.Errorf("from %d: %v, %v", first, y.Row(1), err)
		}
	}
}

func TestVectorsFail(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, corpus(150), newFake(), smallOptions())
	s := open(t, dir)
	v := NewVectors(s)
	defer v.Close()
	y := matrix.New(2, v.Width())
	for _, first := range []int{-1, v.Len() - 1} {
		if err := v.Read(context.Background(), first, y); err == nil || !strings.Contains(err.Error(), "there are") {
			t.Errorf("from %d: %v", first, err)
		}
	}
	if err := v.Read(context.Background(), 0, matrix.New(2, 5)); err == nil {
		t.Error("5 columns are taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := v.Read(ctx, 0, y); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	s.manifests[0].Shards[2].SHA256 = "other"
	if err := v.Read(context.Background(), 38, matrix.New(3, v.Width())); err == nil || !strings.Contains(err.Error(), "shard-00002.parquet: damaged") {
		t.Errorf("%v", err)
	}
	if err := v.Read(context.Background(), 0, y); err != nil { // a new pass
		t.Error(err)
	}
}
