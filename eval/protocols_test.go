package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// weighedPairs is a model that sums pairs of letters, each a little heavier than the one
// before: the vector of testdata/gen/eval_protocols.py.
type weighedPairs struct{}

func (weighedPairs) Dims() int { return 64 }

func (weighedPairs) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		for j := 0; j+1 < len(text); j++ {
			dst.Row(i)[(31*int(text[j])+int(text[j+1]))%64] += 1 + float32(j)/64
		}
	}
	return nil
}

// TestProtocols scores small data sets of all nine columns in both forms: the scores are
// those of numpy, scipy and scikit-learn (testdata/gen/eval_protocols.py).
func TestProtocols(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "protocols", "scores.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]float64
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	columns := map[Column]int{}
	for _, form := range protocolForms {
		r, err := Run(t.Context(), weighedPairs{}, tasksOf(t, form, filepath.Join("testdata", "protocols", form)), Options{Seed: DefaultSeed})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range r.Tasks {
			name := form + " " + one.Task
			score, ok := want[name]
			if !ok && !one.Failed() || one.Failed() && ok {
				t.Errorf("%s: %v %q, wanted: %t", name, one.Score, one.Err, ok)
				continue
			}
			if math.Abs(one.Score-score) > 1e-5 && ok {
				t.Errorf("%s: %.8f, want %.8f", name, one.Score, score)
			}
			if ok {
				columns[one.Column]++
			}
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not scored: %v", want)
	}
	for _, c := range Columns {
		if least := 2; columns[c] < least && c != WordSim {
			t.Errorf("%s has %d data sets, want one in either form", c, columns[c])
		}
	}
}

// Languages choose subsets; a task of part of its subsets is not covered, and no mean of
// MTEB(Multilingual) is one of the English tables.
func TestMultilingual(t *testing.T) {
	tasks, err := Multilingual(filepath.Join("testdata", "protocols", "multilingual"), []string{"deu", "rus-Cyrl"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), weighedPairs{}, tasks, Options{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range r.Tasks {
		names = append(names, one.Task)
	}
	if got := fmt.Sprint(names); got != "[Tatoeba CEDRClassification]" { // Core17 is English
		t.Errorf("tasks %s", got)
	}
	if d := r.Tasks[0].Details; d["subsets"] != 1 || d["of"] != 112 || d["test/deu-eng"] != r.Tasks[0].Score {
		t.Errorf("Tatoeba: %v, %v", d, r.Tasks[0].Score)
	}
	averages := r.Averages()
	if len(averages) != 2 || averages[0].Have != 1 || averages[0].Of != 131 || !averages[1].Whole {
		t.Errorf("averages %+v, want CEDR of 131", averages)
	}
	if r.Tasks[0].Counts("v1") || r.Tasks[0].Counts("v2") || !r.Tasks[0].Counts(Multilingual2) {
		t.Error("Tatoeba counts in a version of MTEB(eng)")
	}
	if _, err := Multilingual(t.TempDir(), []string{"german"}); err == nil || !strings.Contains(err.Error(), `"german"`) {
		t.Errorf("language german: %v", err)
	}
	columns := map[Column]int{}
	for _, l := range languageSets() {
		columns[l.column]++
		if len(l.list()) == 0 || len(l.revision) != 40 || len(l.list()[0].languages[0]) != 8 {
			t.Errorf("%s: %d subsets, %v, revision %q", l.name, len(l.list()), l.list()[0], l.revision)
		}
	}
	if len(languageSets()) != 131 || columns[BitMining] != 13 || columns[STS] != 16 {
		t.Errorf("%d tasks, %v", len(languageSets()), columns)
	}
}
