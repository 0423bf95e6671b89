// Fitsolve solves for a student's rows on the inputs of bin/fit-oracle.py, with the
// same options, and prints the seconds of its stages as JSON: fit.py compares.
//
//	fitsolve [flags] TOKENS IDS.jsonl VECTORS.npy [ROWS.npy]
//
// TOKENS is V, IDS one JSON array of ids a line, VECTORS and ROWS float32 matrices in
// row order.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"
	"unsafe"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/zipf"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fitsolve:", err)
		os.Exit(1)
	}
}

func run() error {
	debug.SetGCPercent(20) // as distill does
	o := fit.DefaultOptions()
	o.Tolerance, o.Holdout = 1e-6, 0
	flag.IntVar(&o.Steps, "steps", 20, "steps")
	flag.IntVar(&o.Threads, "threads", 2, "threads")
	flag.IntVar(&o.Dims.Count, "dims", pca.DefaultDims.Count, "dimensions")
	flag.Float64Var(&o.Holdout, "holdout", 0, "share of texts held out")
	unknown := flag.Int("unknown", -1, "id of the unknown token")
	repeat := flag.Int("repeat", 1, "add the texts so many times")
	out := flag.String("out", "", "file for the rows, float32")
	flag.Parse()
	tokens, err := strconv.Atoi(flag.Arg(0))
	if err != nil {
		return err
	}
	texts, err := readTexts(flag.Arg(1), tokens, int32(*unknown), *repeat)
	if err != nil {
		return err
	}
	defer texts.Close()
	var block fit.Block
	y, err := readMatrix(flag.Arg(2))
	if err != nil {
		return err
	}
	block.Vectors = repeated{y, *repeat}
	if flag.NArg() > 3 {
		if block.Rows, err = readMatrix(flag.Arg(3)); err != nil {
			return err
		}
	}
	weights, err := zipf.Weights(tokens, 1e-4)
	if err != nil {
		return err
	}
	stage, start := fit.ReadVectors, time.Now()
	begin := start
	seconds := map[fit.Stage]float64{}
	o.Progress = func(s fit.Stage, _, _ int) {
		if s != stage {
			stage, start = s, time.Now()
		}
		seconds[s] = time.Since(start).Seconds()
	}
	r, err := fit.Solve(context.Background(), texts, []fit.Block{block}, weights, o)
	if err != nil {
		return err
	}
	if *out != "" {
		data := unsafe.Slice((*byte)(unsafe.Pointer(&r.Rows.Data[0])), 4*len(r.Rows.Data))
		if err := os.WriteFile(*out, data, 0o644); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"all": time.Since(begin).Seconds(), "vectors": seconds[fit.ReadVectors], "held_out": seconds[fit.HeldOut], "solve": seconds[fit.Final],
		"steps": r.Steps, "residual": r.Residual, "texts": r.Texts, "entries": texts.Entries(), "seen": r.Seen,
		"before": r.Before, "after": r.After, "explained": r.Explained,
	})
}

func readTexts(path string, tokens int, unknown int32, repeat int) (*fit.Texts, error) {
	b := fit.NewBuilder(tokens, fit.BuilderOptions{})
	for range repeat {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var all, ids []int32
			if err := json.Unmarshal(s.Bytes(), &all); err != nil {
				return nil, err
			}
			for _, id := range all {
				if id != unknown {
					ids = append(ids, id)
				}
			}
			if err := b.Add(ids); err != nil {
				return nil, err
			}
		}
		if err := s.Err(); err != nil {
			return nil, err
		}
	}
	return b.Texts()
}

// repeated are the same vectors several times, from memory that does not grow.
type repeated struct {
	y     *matrix.Matrix
	times int
}

func (r repeated) Len() int   { return r.y.Rows * r.times }
func (r repeated) Width() int { return r.y.Cols }

func (r repeated) Read(_ context.Context, first int, y *matrix.Matrix) error {
	for i := range y.Rows {
		copy(y.Row(i), r.y.Row((first+i)%r.y.Rows))
	}
	return nil
}

var shape = regexp.MustCompile(`\((\d+), (\d+)\)`)

func readMatrix(path string) (*matrix.Matrix, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < 10 {
		return nil, fmt.Errorf("%s: no header", path)
	}
	header := 10 + int(binary.LittleEndian.Uint16(data[8:])) // NPY version 1
	found := shape.FindSubmatch(data[:min(header, len(data))])
	if found == nil {
		return nil, fmt.Errorf("%s: no shape", path)
	}
	rows, _ := strconv.Atoi(string(found[1]))
	cols, _ := strconv.Atoi(string(found[2]))
	if len(data) != header+4*rows*cols {
		return nil, fmt.Errorf("%s: %d bytes for %d×%d float32", path, len(data), rows, cols)
	}
	return &matrix.Matrix{Rows: rows, Cols: cols, Data: unsafe.Slice((*float32)(unsafe.Pointer(&data[header])), rows*cols)}, nil
}
