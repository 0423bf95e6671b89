package export_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/static"
)

// A model is written to a folder of its own, and then again.
func ExampleWrite() {
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "student")

	model, err := static.Open("../static/testdata/clusters")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()

	folder := export.Folder{
		Config: model.Config().Fields,
		Card:   export.Card{BaseModel: "sentence-transformers/all-MiniLM-L6-v2"},
	}
	if err := export.Write(context.Background(), dir, model, folder, export.Options{}); err != nil {
		log.Fatal(err)
	}
	err = export.Write(context.Background(), dir, model, folder, export.Options{})
	fmt.Println("again:", errors.Is(err, export.ErrExists))
	err = export.Write(context.Background(), dir, model, folder, export.Options{Force: true})
	fmt.Println("with force:", err)

	entries, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	// Output:
	// again: true
	// with force: <nil>
	// README.md
	// config.json
	// model.safetensors
	// modules.json
	// tokenizer.json
}

// Before a long run, see whether its result could be written: this folder holds
// a program, which Force must not throw away.
func ExampleCheck() {
	err := export.Check(".", export.Options{Force: true})
	fmt.Println(errors.Is(err, export.ErrNotModel))
	err = export.Check("student", export.Options{})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleRecipe_Fields() {
	for _, f := range (export.Recipe{TokenizerName: "BAAI/bge-small-en-v1.5", ApplyPCA: "auto", SIFCoefficient: nil, Pooling: "mean"}).Fields() {
		fmt.Printf("%s: %s\n", f.Key, f.Value)
	}
	// Output:
	// tokenizer_name: "BAAI/bge-small-en-v1.5"
	// apply_pca: "auto"
	// sif_coefficient: null
	// pooling: "mean"
}
