//go:build cgo

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/testenv"
)

// TestRealEvalOfATeacher scores all-MiniLM-L6-v2 itself on all sets of WordSim and the
// smallest of STS: an independent program has the same scores, texts cut at 256 tokens.
func TestRealEvalOfATeacher(t *testing.T) {
	const name = "all-MiniLM-L6-v2"
	var out, stderr bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &stderr, os.Getenv)
	o := evalOptions{Models: []string{testenv.Model(t, name)}, Data: testenv.Shared(t, "eval"), Seed: eval.DefaultSeed, NoCache: true, JSON: true}
	o.MaxLength = 256
	o.Tasks = []string{"card660", "men", "mturk771", "rareword", "simlex999", "simverb3500", "ws353-rel", "BIOSSES-test"}
	if err := runEval(t.Context(), a, o); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	got, err := eval.ReadScored(&out)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(got[0].Tasks) != len(o.Tasks) {
		t.Fatalf("%d systems, want %d tasks of one", len(got), len(o.Tasks))
	}
	readOracle(t, name, "teacher (WordSim, STS, PairClass, Rank, Sum, Pearl; texts cut at 256 tokens)").check(t, name, got[0].Tasks)
}
