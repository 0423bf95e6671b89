package main

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"m2v": main})
}

// scriptCommands are those of our own that scripts have.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){"graph": writeGraph, "pieces": writePieces}

// TestPureScripts runs the sessions that need no ONNX Runtime. Those that do are
// run by TestScripts, in builds with cgo.
func TestPureScripts(t *testing.T) {
	runScripts(t, "testdata/pure/*.txtar", nil)
}

// runScripts runs the scripts of a pattern, with more variables in env.
func runScripts(t *testing.T, pattern string, env map[string]string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts match %s (%v)", pattern, err)
	}
	lib := "" // scripts have caches of their own, and share the library alone
	if found, err := newApp(nil, nil, nil, os.Getenv).provider(runtimeFlags{}, 0).Find(); err == nil {
		lib = found.Path
	}
	tiny, err := filepath.Abs(filepath.Join(testenv.Root(), "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Cmds:                scriptCommands,
		Files:               files,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TINY", tiny)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("M2V_ORT_LIB", lib)
			e.Setenv("HF_HOME", filepath.Join(e.WorkDir, "hf"))
			e.Setenv("HF_HUB_OFFLINE", "1")
			for name, value := range env {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// writeGraph is the script command `graph FILE ROWS [NAN] [INPUT]`: it writes
// the smallest teacher there is, last_hidden_state = table[input_ids], with a
// table of ROWS×16 values; with "nan", row 20 is not a number; a name renames
// the input.
func writeGraph(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := strconv.Atoi(args[1])
	ts.Check(err)
	const width = 16
	input := "input_ids"
	values := make([]float32, rows*width)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	for _, word := range args[2:] {
		if word == "nan" {
			values[20*width] = float32(math.NaN())
			continue
		}
		input = word
	}
	ids := []onnx.Dim{onnx.Symbol("batch"), onnx.Symbol("sequence")}
	g := onnx.Graph{
		Inputs: []onnx.Value{{Name: input, Type: onnx.Int64, Dims: ids}, {Name: "attention_mask", Type: onnx.Int64, Dims: ids}},
		Outputs: []onnx.Value{{Name: "last_hidden_state", Type: onnx.Float32, Ranked: true,
			Dims: []onnx.Dim{ids[0], ids[1], onnx.Fixed(width)}}},
		Nodes:        []onnx.Node{{Op: "Gather", Inputs: []string{"table", input}, Outputs: []string{"last_hidden_state"}}},
		Initializers: []onnx.Weights{{Name: "table", Type: onnx.Float32, Dims: []int64{int64(rows), width}, Raw: onnx.Floats(values...)}},
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), g.Marshal(), 0o644))
}
