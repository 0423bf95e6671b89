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
		{Task: "STS16", Column: STS, Score: 10, task: Task{Official: "STS16", form: "hub"}},
	})
	var back Results
	if err := json.Unmarshal(data, &back.Tasks); err != nil {
		t.Fatal(err)
	}
	if got := back.Averages()[0]; got.Score != 10 || got.Have != 2 {
		t.Errorf("average of results read back is %v over %d official sets, want 10 over 2", got.Score, got.Have)
	}
	for i, want := range [][2]bool{{true, true}, {false, false}, {true, false}} {
		if got := [2]bool{back.Tasks[i].Counts("v1"), back.Tasks[i].Counts("v2")}; got != want {
			t.Errorf("task %s counts in v1, v2: %v, want %v", back.Tasks[i].Task, got, want)
		}
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
