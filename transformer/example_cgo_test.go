//go:build cgo

package transformer_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/transformer"
)

// One vector for each sequence of ids. The library's path is what "m2v runtime
// path" prints.
func ExampleTeacher_Embed() {
	cache, _ := os.UserCacheDir()
	lib, err := runtime.Find(runtime.Search{Env: os.Getenv("M2V_ORT_LIB"), Cache: filepath.Join(cache, "m2v"), System: runtime.SystemFolders()})
	if err != nil {
		log.Fatal(err)
	}
	rt, err := transformer.StartRuntime(lib.Path)
	if err != nil {
		log.Fatal(err)
	}
	teacher, err := transformer.Open(rt, "../testdata/tiny-bert", transformer.Options{Pooling: transformer.Mean, Threads: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer teacher.Close()

	ids := [][]int{{2, 1000, 3}, {2, 1001, 1002, 3}} // [CLS] … [SEP]
	rows := matrix.New(len(ids), teacher.Width())
	if err := teacher.Embed(context.Background(), ids, rows, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows.Rows, "×", rows.Cols, "after", teacher.Stats().Batches, "batch")
	// Output: 2 × 128 after 1 batch
}
