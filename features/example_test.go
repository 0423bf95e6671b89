package features_test

import (
	"context"
	"fmt"
	"os"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/matrix"
)

// lengths is a teacher that knows how long a text is.
type lengths struct{}

func (lengths) Width() int { return 2 }

func (lengths) Teacher() features.Teacher { return features.Teacher{Name: "lengths"} }

func (lengths) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		copy(dst.Row(i), []float32{float32(len(text)), 1})
	}
	return nil
}

func Example() {
	dir, err := os.MkdirTemp("", "features")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	ctx := context.Background()
	corpus := features.Strings([]string{"a sunny day", "", "rain", "rain"})
	report, err := features.Write(ctx, dir, corpus, lengths{}, features.DefaultOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	m := report.Manifest
	fmt.Println(m.Texts, "texts,", m.Dropped.Empty, "empty,", m.Dropped.Duplicates, "twice")

	store, err := features.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = store.Each(ctx, func(_ int, texts []string, y *matrix.Matrix) error {
		for i, text := range texts {
			fmt.Println(text, y.Row(i))
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 texts, 1 empty, 1 twice
	// a sunny day [11 1]
	// rain [4 1]
}
