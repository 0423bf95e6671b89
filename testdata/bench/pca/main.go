// Command pca fits the principal axes of rows that fall off as a teacher's do and
// projects them, with ONNX Runtime's matrix product, and prints the seconds of each
// as JSON, a line a round.
//
//	pca -library FILE [flags]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"time"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/runtime"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pca:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	library := flag.String("library", "", "path of ONNX Runtime")
	rows := flag.Int("rows", 30000, "V")
	width := flag.Int("width", 768, "H")
	dims := flag.Int("dims", pca.DefaultDims.Count, "components kept")
	rounds := flag.Int("rounds", 5, "rounds")
	profile := flag.String("profile", "", "file for a profile of the processor")
	flag.Parse()
	if _, err := (runtime.Provider{Library: *library}).Start(); err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	x := teacherRows(*rows, *width)
	for range *rounds {
		start := time.Now()
		basis, err := pca.Fit(ctx, x)
		if err != nil {
			return err
		}
		fitted := time.Now()
		if _, err := basis.Project(ctx, x, pca.ProjectOptions{Dims: *dims}); err != nil {
			return err
		}
		done := time.Now()
		err = json.NewEncoder(os.Stdout).Encode(map[string]float64{
			"fit": fitted.Sub(start).Seconds(), "project": done.Sub(fitted).Seconds(), "total": done.Sub(start).Seconds(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// teacherRows returns rows×width values of a spread that falls with the column, turned
// so that every column holds some of each direction.
func teacherRows(rows, width int) *matrix.Matrix {
	r := rand.New(rand.NewPCG(9, 0))
	x := matrix.New(rows, width)
	for i := range rows {
		row := x.Row(i)
		for j := range row {
			row[j] = float32(r.NormFloat64() / (1 + float64(j)/8))
		}
		for j := 1; j < width; j++ {
			row[j-1], row[j] = 0.6*row[j-1]+0.8*row[j], 0.6*row[j]-0.8*row[j-1]
		}
	}
	return x
}
