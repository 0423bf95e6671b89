package eval

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
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
	for _, form := range []string{"plain", "hub"} {
		tasks, err := Tasks(filepath.Join("testdata", "protocols", form))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), weighedPairs{}, tasks, Options{Seed: DefaultSeed})
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
