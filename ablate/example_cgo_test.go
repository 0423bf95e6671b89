//go:build cgo

package ablate_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/ablate/report"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/matrix"
)

// How small may the student be? One forward pass of the teacher, a student for each
// number of dimensions beside the default's, and a folder with all of them, ablation.json,
// ablation.md and report.html. With Tasks they are scored and compared as well.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "ablate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	choice := ablate.Choice{Grid: []ablate.Axis{{Flag: "pca-dims", Values: []string{"8", "16", "none"}}}}
	variants, err := choice.Variants(distill.DefaultSwitches())
	if err != nil {
		log.Fatal(err)
	}
	door := m2v.DefaultOptions() // models and ONNX Runtime, as the command line finds them
	found, err := ablate.Run(context.Background(), "../testdata/tiny-bert", filepath.Join(dir, "ablation"), ablate.Options{
		Find: door.Find, Runtime: door.Runtime, Variants: variants, Grid: choice.Grid, Pages: report.Pages,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range found.Rows {
		fmt.Printf("%s: %d tokens × %d, %d bytes\n", row.Name, row.Tokens, row.Dims, row.Bytes)
	}
	fmt.Println("passes of the teacher:", len(found.Passes))
	// Output:
	// output: 5987 tokens × 128, 1532672 bytes
	// pca-dims=8: 5987 tokens × 8, 95792 bytes
	// pca-dims=16: 5987 tokens × 16, 191584 bytes
	// pca-dims=none: 5987 tokens × 128, 1532672 bytes
	// passes of the teacher: 1
}

// How many texts does a fit want? One pass of the teacher over the texts, a student for
// each number of them, the first ones, and each storage type.
func ExampleRun_texts() {
	dir, err := os.MkdirTemp("", "ablate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	choice := ablate.Choice{
		Fitted: true, Given: []ablate.Setting{{Flag: "pca-dims", Value: "32"}},
		Grid: []ablate.Axis{{Flag: ablate.FitTexts, Values: []string{"100", "400"}}, {Flag: "quantize-to", Values: []string{"float16", "int8"}}},
	}
	variants, err := choice.Variants(distill.DefaultSwitches())
	if err != nil {
		log.Fatal(err)
	}
	door := m2v.DefaultFitOptions()
	door.Fit.Corpus.Files, door.Fit.Cache = []string{"../testdata/lines.txt"}, dir
	found, err := ablate.Run(context.Background(), "../testdata/tiny-bert", filepath.Join(dir, "ablation"), ablate.Options{
		Find: door.Find, Runtime: door.Runtime, Variants: variants, Fit: door.Fit, Grid: choice.Grid, Pages: report.Pages,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range found.Rows {
		fmt.Printf("%s: %d texts, %d bytes, nearer to the teacher: %v\n", row.Name, row.Fit.Texts, row.Bytes, row.Fit.After > row.Fit.Before)
	}
	// Output:
	// fit: 400 texts, 383168 bytes, nearer to the teacher: true
	// fit-texts=100,quantize-to=float16: 100 texts, 383168 bytes, nearer to the teacher: true
	// fit-texts=100,quantize-to=int8: 100 texts, 191584 bytes, nearer to the teacher: true
	// fit-texts=400,quantize-to=float16: 400 texts, 383168 bytes, nearer to the teacher: true
	// fit-texts=400,quantize-to=int8: 400 texts, 191584 bytes, nearer to the teacher: true
}

// A variant is any distill.Switches by a name.
func ExampleVariant() {
	small := distill.DefaultSwitches()
	small.Student.Type = matrix.Int8
	variants := []ablate.Variant{{Name: "default", Switches: distill.DefaultSwitches()}, {Name: "int8", Switches: small}}
	dir, err := os.MkdirTemp("", "ablate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	door := m2v.DefaultOptions()
	found, err := ablate.Run(context.Background(), "../testdata/tiny-bert", filepath.Join(dir, "ablation"),
		ablate.Options{Find: door.Find, Runtime: door.Runtime, Variants: variants})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Rows[1].Name, found.Rows[1].Settings, found.Rows[1].Bytes)
	// Output: int8 [quantize-to=int8] 766336
}
