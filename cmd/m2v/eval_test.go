//go:build cgo

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
)

// TestRealEvalEqualsTheOracle scores our students of two teachers on all nine columns
// and compares them with what numpy, scipy and scikit-learn made of the reference's.
func TestRealEvalEqualsTheOracle(t *testing.T) {
	for _, name := range []string{"all-MiniLM-L6-v2", "bge-small-en-v1.5"} {
		t.Run(name, func(t *testing.T) {
			readOracle(t, name, "default").check(t, name, evalStudent(t, name))
		})
	}
}

// evalStudent scores the student of a real teacher.
func evalStudent(t *testing.T, name string) []eval.Result {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "student")
	var out, stderr bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &stderr, os.Getenv)
	o := defaultDistillOptions()
	o.Teacher, o.Out, o.Switches.Student.Type = testenv.Model(t, name), dir, matrix.Float32
	o.AsExported = true // the oracle scored the reference's students, to whose last bits SummEval and k-means are sensitive
	if err := runDistill(t.Context(), a, o); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	e := evalOptions{Models: []string{dir}, Data: testenv.Shared(t, "eval"), Seed: eval.DefaultSeed, NoCache: true, JSON: true}
	if err := runEval(t.Context(), a, e); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	got, err := eval.ReadScored(&out)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(got[0].Tasks) != 42 {
		t.Fatalf("%d systems, want 42 tasks of one", len(got))
	}
	return got[0].Tasks
}
