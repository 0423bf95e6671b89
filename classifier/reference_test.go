package classifier_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
)

// The folders and the numbers are model2vec 0.10.0's; testdata/gen/classifier.py.
func TestReferenceFolders(t *testing.T) {
	data, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	type want struct {
		Values []float64
		Labels [][]string
	}
	var expected struct {
		Texts                  []string
		Single, Multi, Numbers want
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]want{"single": expected.Single, "multi": expected.Multi, "numbers": expected.Numbers} {
		c, err := classifier.Open("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Predict(t.Context(), expected.Texts, classifier.DefaultThreshold)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for n, p := range got {
			for _, v := range p.Values {
				if math.Abs(float64(v)-want.Values[i]) > 1e-5 {
					t.Errorf("%s, text %d: %v, want %v", name, n, v, want.Values[i])
				}
				i++
			}
			if want.Labels != nil && name != "numbers" && !slices.Equal(p.Labels, want.Labels[n]) {
				t.Errorf("%s, text %d: %q, want %q", name, n, p.Labels, want.Labels[n])
			}
		}
		if i != len(want.Values) || i == 0 {
			t.Errorf("%s: %d values, want %d", name, i, len(want.Values))
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
