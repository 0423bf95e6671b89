//go:build cgo

package m2v_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
)

// A student of the teacher that is bundled with the tests, in a folder: the same bytes
// as m2v distill testdata/tiny-bert -o student.
func ExampleDistill() {
	ctx := context.Background()
	if _, err := m2v.InstallRuntime(ctx); err != nil { // ONNX Runtime runs the teacher
		log.Fatal(err)
	}
	student, err := m2v.Distill(ctx, "testdata/tiny-bert", m2v.DefaultOptions())
	if err != nil {
		log.Fatal(err)
	}
	folder := filepath.Join(tempFolder(), "student")
	if err := student.Write(ctx, folder, export.Options{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(student.Size(), "tokens,", student.Dims(), "dimensions")
	// Output: 5987 tokens, 128 dimensions
}

// A student that is fitted to texts of one's own.
func ExampleDistill_texts() {
	o := m2v.DefaultFitOptions()
	for _, place := range []string{"bridge", "river", "park", "house", "garden"} {
		for _, what := range []string{"an old %s", "the %s in summer", "music by the %s", "a way to the %s"} {
			o.Fit.Texts = append(o.Fit.Texts, fmt.Sprintf(what, place))
		}
	}
	student, err := m2v.Distill(context.Background(), "testdata/tiny-bert", o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(student.Report.Fit.Texts, "texts,", student.Dims(), "dimensions")
	// Output: 20 texts, 19 dimensions
}

// The vectors of texts, by a student or a teacher.
func ExampleOpen() {
	ctx := context.Background()
	model, err := m2v.Open(ctx, "testdata/tiny-bert", m2v.DefaultModelOptions())
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	texts := []string{"an old stone bridge", "an ancient bridge"}
	vectors := matrix.New(len(texts), model.Dims()) // one row a text
	if err := model.Encode(ctx, texts, vectors); err != nil {
		log.Fatal(err)
	}
	fmt.Println(vectors.Rows, "vectors of", vectors.Cols, "dimensions")
	// Output: 2 vectors of 128 dimensions
}

// tempFolder is a folder that the system cleans up.
func tempFolder() string {
	dir, err := os.MkdirTemp("", "m2v-example-")
	if err != nil {
		log.Fatal(err)
	}
	return dir
}
