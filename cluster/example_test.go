package cluster

import (
	"context"
	"fmt"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

func ExampleKMeans() {
	x := matrix.New(5, 1)
	copy(x.Data, []float32{1, 2, 101, 102, 103})
	r, err := KMeans(context.Background(), x, 2, DefaultOptions)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Labels[0] == r.Labels[1], r.Labels[1] == r.Labels[2], r.Inertia)
	// Output: true false 2.5
}

func ExampleMiniBatchKMeans() {
	x := matrix.New(5, 1)
	copy(x.Data, []float32{1, 2, 101, 102, 103})
	r, err := MiniBatchKMeans(context.Background(), x, 2, DefaultMiniBatchOptions)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Labels[0] == r.Labels[1], r.Labels[1] == r.Labels[2])
	// Output: true false
}

func BenchmarkKMeans(b *testing.B) {
	for _, size := range []struct{ rows, cols, k int }{{8000, 256, 20}, {10000, 256, 1000}} {
		b.Run(fmt.Sprintf("%dx%d,k=%d", size.rows, size.cols, size.k), func(b *testing.B) {
			x := mixture(size.rows, size.cols, 300, 1)
			iterations := 0
			for b.Loop() {
				r, err := KMeans(ctx, x, size.k, Options{Init: Random, Runs: 1, MaxIter: 300, Tol: 1e-4})
				if err != nil {
					b.Fatal(err)
				}
				iterations += r.Iterations
			}
			b.ReportMetric(float64(iterations)/b.Elapsed().Seconds(), "iterations/s")
		})
	}
}

func BenchmarkMiniBatchKMeans(b *testing.B) {
	x := mixture(16000, 256, 20, 1)
	o := DefaultMiniBatchOptions
	o.BatchSize = 500
	for b.Loop() {
		if _, err := MiniBatchKMeans(ctx, x, 20, o); err != nil {
			b.Fatal(err)
		}
	}
}
