//go:build unix

// Command pca fits the principal axes of rows that fall off as a teacher's do and
// projects them, with ONNX Runtime's matrix product, and prints how long each took as
// JSON, a line a round. It runs on Unix.
//
//	pca -library FILE [flags]
package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"

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
		if err := round(ctx, x, *dims); err != nil {
			return err
		}
	}
	return nil
}

// round fits and projects once and prints wall seconds, the processor's seconds of all
// threads, and a checksum of the scores: two builds with the same bits print the same.
func round(ctx context.Context, x *matrix.Matrix, dims int) error {
	start, busy := time.Now(), processor()
	basis, err := pca.Fit(ctx, x)
	if err != nil {
		return err
	}
	fitted := time.Now()
	scores, err := basis.Project(ctx, x, pca.ProjectOptions{Dims: dims})
	if err != nil {
		return err
	}
	done, worked := time.Now(), processor()
	sum := sha256.New()
	if err := binary.Write(sum, binary.LittleEndian, scores.Data); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"fit": fitted.Sub(start).Seconds(), "project": done.Sub(fitted).Seconds(), "total": done.Sub(start).Seconds(),
		"processor": (worked - busy).Seconds(), "sha256": hex.EncodeToString(sum.Sum(nil)),
	})
}

// processor returns the time that the process has worked so far, on all cores.
func processor() time.Duration {
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
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
