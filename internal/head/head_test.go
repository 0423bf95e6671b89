package head

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/static"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		classes  string
		want     []string
		integers bool
		ok       bool
	}{
		{`["b", "a"]`, []string{"b", "a"}, false, true},
		{`[3, -7]`, []string{"3", "-7"}, true, true},
		{`[2.5]`, nil, false, false},   // was 2
		{`[1e300]`, nil, false, false}, // was the lowest int64
		{`["a", 3]`, []string{"a", "3"}, false, true},
		{`null`, nil, false, true},
		{`["a", null]`, nil, false, false},
		{`[["a"]]`, nil, false, false},
	} {
		config, err := Parse(json.RawMessage(`{"n_layers": 1, "activation": "softmax", "classes": ` + c.classes + `}`))
		if err != nil {
			t.Fatal(err)
		}
		names, integers, err := config.Names()
		if !slices.Equal(names, c.want) || integers != c.integers || (err == nil) != c.ok {
			t.Errorf("%s: %q, %v, %v", c.classes, names, integers, err)
		}
	}
}

// A classifier whose rows train --pairs trained spoke of a head that it had not.
func TestWithout(t *testing.T) {
	fields := []static.Field{{Key: "a"}, {Key: Key}, {Key: "b"}}
	if got := Without(fields); len(got) != 2 || got[0].Key != "a" || got[1].Key != "b" || fields[1].Key != Key {
		t.Errorf("%v of %v", got, fields)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{`[]`, `{"n_layers": "1"}`, `{"activation": "tanh"}`} {
		if c, err := Parse(json.RawMessage(text)); err == nil {
			t.Errorf("%s: %+v", text, c)
		}
	}
	if _, err := Parse(nil); err == nil {
		t.Error("no head_config is one")
	}
}
