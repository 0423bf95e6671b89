package ablate_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

func TestJSONRoundTrips(t *testing.T) {
	r := ablatetest.Paper(t)
	r.Rows[1].Tasks = ablatetest.Row(t, "", ablatetest.Task{Task: "dev", Column: eval.STS, Error: "no", Extra: true}, ablatetest.OK(eval.STS, "x", 3)).Tasks
	r.Compare(42)
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, _ := r.JSON()
	if !bytes.Equal(data, again) {
		t.Error("the same report gives other bytes")
	}
	var back ablate.Report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, r) {
		t.Errorf("read back:\n%+v, want\n%+v", back, r)
	}
	for _, part := range []string{`"claims": []`, `"rows": []`, `"passes": []`} {
		if data, err := (&ablate.Report{}).JSON(); err != nil || !strings.Contains(string(data), part) {
			t.Errorf("an empty report has no %s: %s, %v", part, data, err)
		}
	}
	r.Rows[0].Speed = math.NaN()
	if _, err := r.JSON(); err == nil {
		t.Error("NaN is written as JSON")
	}
}
