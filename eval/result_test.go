package eval

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestResultJSONRoundTrips(t *testing.T) {
	for _, r := range []Result{
		{Task: "men", Column: WordSim, Score: 72.591, Details: map[string]float64{"pairs": 3000}, Seconds: 0.5,
			task: Task{Name: "men", Column: WordSim, Official: "MEN"}},
		{Task: "STS12-dev", Column: STS, Score: 0, Warnings: []string{"odd"}, Cached: true,
			task: Task{Name: "STS12-dev", Column: STS, Extra: true}},
		{Task: "bird", Column: Pearl, Err: "bird.tsv:3: two fields", task: Task{Name: "bird", Column: Pearl, Official: "BIRD"}},
	} {
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var got Result
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(got, r) {
			t.Errorf("read back %+v, want %+v", got, r)
		}
	}
	// What was read counts as what was written does.
	data, _ := json.Marshal([]Result{
		{Task: "a", Column: STS, Score: 10, task: Task{Official: "STS12"}},
		{Task: "b", Column: STS, Score: 90, task: Task{Extra: true}},
	})
	var back Results
	if err := json.Unmarshal(data, &back.Tasks); err != nil {
		t.Fatal(err)
	}
	if got := back.Averages()[0]; got.Score != 10 || got.Have != 1 {
		t.Errorf("average of results read back is %v over %d official sets, want 10 over 1", got.Score, got.Have)
	}
	if !back.Tasks[1].Extra() || back.Tasks[0].Extra() {
		t.Error("extra data sets got lost")
	}
}

func TestResultJSONRefuses(t *testing.T) {
	for _, in := range []string{`{"task":"men","score":null}`, `{"task":1}`, `[]`} {
		var r Result
		if err := json.Unmarshal([]byte(in), &r); err == nil || !strings.HasPrefix(err.Error(), "eval: read result") {
			t.Errorf("%s is read as %+v with error %v", in, r, err)
		}
	}
}
