//go:build cgo

package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// TestRealPaperAblation makes the rows of the published ablation table of
// bge-small-en-v1.5 from one forward pass: the students' rows are the reference's, and
// their scores are those that an independent program gave to the reference's.
func TestRealPaperAblation(t *testing.T) {
	const name = "bge-small-en-v1.5"
	dir := filepath.Join(t.TempDir(), "ablation")
	var out, stderr bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &stderr, os.Getenv)
	o := ablateOptions{distillOptions: defaultDistillOptions(), scoreOptions: scoreOptions{Data: testenv.Shared(t, "eval"), NoCache: true}}
	o.Teacher, o.Out, o.Recipe = testenv.Model(t, name), dir, "paper"
	o.AsExported = true // the oracle scored the reference's students, to whose last bits SummEval and k-means are sensitive
	if err := runAblate(t.Context(), a, o); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var report ablate.Report
	readJSONTest(t, filepath.Join(dir, "ablation.json"), &report)
	forward := 0
	for _, p := range report.Passes {
		if strings.HasPrefix(p.Rows[0], "output") {
			forward++
		}
	}
	if len(report.Rows) != 6 || forward != 1 {
		t.Fatalf("%d rows of %d forward passes, want 6 of 1", len(report.Rows), forward)
	}
	for _, row := range report.Rows {
		checkPaperRows(t, name, row.Name, filepath.Join(dir, "variants", row.Name))
		readOracle(t, name, "paper_"+row.Name).check(t, row.Name, row.Tasks)
	}
	if len(report.Claims) != 6 { // PCA, Zipf and output over input, by both formulas
		t.Errorf("%d claims, want 6: there is no row of a base model", len(report.Claims))
	}
}

// How close a student's rows come to the reference's: raw ones as two runtimes' float32
// do, scaled by the weight, which log(1+29527) bounds; after PCA, cosines between rows.
const (
	paperRaw     = 2e-4 * 10.3
	paperCosines = 1e-3
)

// checkPaperRows compares the sampled rows of a variant.
func checkPaperRows(t *testing.T, teacher, variant, dir string) {
	t.Helper()
	data, err := os.ReadFile(testenv.Shared(t, "golden", teacher, "paper.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	view, ok := file.Tensor(variant)
	ids, hasIDs := file.Tensor("ids")
	if !ok || !hasIDs {
		t.Fatalf("the golden has no %s", variant)
	}
	shape := view.Shape()
	golden := (&matrix.Table{Type: matrix.Float32, Rows: int(shape[0]), Cols: int(shape[1]), Bytes: view.Data()}).Matrix()
	m, err := static.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Dims() != golden.Cols || m.Size() != 29528 {
		t.Fatalf("%s: %d rows of %d, want 29528 of %d", variant, m.Size(), m.Dims(), golden.Cols)
	}
	ours := matrix.New(golden.Rows, golden.Cols)
	for i := range ours.Rows {
		id := int32(ids.Data()[8*i]) | int32(ids.Data()[8*i+1])<<8 | int32(ids.Data()[8*i+2])<<16
		copy(ours.Row(i), m.Row(id))
	}
	worst := 0.0
	if strings.HasSuffix(variant, "nopca") {
		for k, v := range golden.Data {
			worst = max(worst, math.Abs(float64(v-ours.Data[k])))
		}
		if worst > paperRaw {
			t.Errorf("%s: rows differ by %v, more than %v", variant, worst, paperRaw)
		}
		return
	}
	for i := range ours.Rows {
		for j := range i {
			if matrix.Norm(golden.Row(i)) > 0 && matrix.Norm(golden.Row(j)) > 0 {
				worst = max(worst, math.Abs(matrix.Cosine(golden.Row(i), golden.Row(j))-matrix.Cosine(ours.Row(i), ours.Row(j))))
			}
		}
	}
	if worst > paperCosines {
		t.Errorf("%s: cosines between rows differ by %v, more than %v", variant, worst, paperCosines)
	}
}
