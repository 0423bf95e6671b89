package classifier

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// scikit-learn 1.9.1's TfidfVectorizer; testdata/gen/logregcv.py.
func TestRowsAreScikitLearns(t *testing.T) {
	data, err := os.ReadFile("testdata/tfidf.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Texts, Words []string
		Rows         []float64
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	w := newWords(want.Texts)
	if !slices.Equal(w.list, want.Words) {
		t.Fatalf("words %q, want %q", w.list, want.Words)
	}
	got := make([]float64, len(want.Rows))
	rows := w.rows(want.Texts)
	for i := range want.Texts {
		columns, values := rows.Row(i)
		for k, j := range columns {
			got[i*rows.Cols+int(j)] = float64(values[k])
		}
	}
	for i, v := range want.Rows {
		if math.Abs(got[i]-v) > 1e-6 {
			t.Errorf("value %d is %v, want %v", i, got[i], v)
		}
	}
}
