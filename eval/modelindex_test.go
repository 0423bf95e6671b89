package eval

import (
	"strings"
	"testing"
)

// The block is what the Hub's own client reads, in make interop; here is its shape.
func TestModelIndex(t *testing.T) {
	s := Scored{Tasks: []Result{{Task: "men", Column: WordSim, Score: 71.256}, {Task: "bad", Column: STS, Err: "no file"}, {Task: `a "b"`, Column: STS, Score: 80}}}
	want := `model-index:
- name: "org/x"
  results:
  - task:
      type: "WordSimilarity"
    dataset:
      name: "men"
      type: "men"
      split: test
    metrics:
    - type: "cosine_spearman"
      name: "Spearman of cosine"
      value: 71.26
`
	got := s.ModelIndex("org/x")
	if !strings.HasPrefix(got, want) || !strings.Contains(got, `name: "a \"b\""`) || strings.Contains(got, "bad") {
		t.Errorf("%s", got)
	}
	if got := (Scored{Tasks: s.Tasks[1:2]}).ModelIndex("x"); got != "" {
		t.Errorf("no score: %q", got)
	}
	for _, c := range append(append([]Column{}, Columns...), MultilingualColumns...) {
		if _, ok := measures[c]; !ok {
			t.Errorf("column %s has no measure", c)
		}
	}
}
