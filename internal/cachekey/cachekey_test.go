package cachekey

import (
	"fmt"
	"testing"
)

// Every fact changes the key, and none can pass for another.
func TestKeysDiffer(t *testing.T) {
	engine := Engine{Program: "1", Library: "ort 2"}
	key := func(e Engine, kind string, revision int, facts ...[]any) string {
		k := e.New(kind, revision)
		for _, f := range facts {
			k.Add("f", f...)
		}
		return k.String()
	}
	seen := map[string]int{}
	for i, k := range []string{
		key(engine, "rows", 1),
		key(engine, "score", 1),
		key(engine, "rows", 2),
		key(Engine{Program: "2", Library: "ort 2"}, "rows", 1),
		key(Engine{Program: "1", Library: "ort 3"}, "rows", 1),
		key(Engine{Program: "1"}, "rows", 1),
		key(Engine{Program: "1 ort 2"}, "rows", 1),
		key(engine, "rows", 1, []any{"a", "b"}),
		key(engine, "rows", 1, []any{"a b"}),
		key(engine, "rows", 1, []any{"a"}, []any{"b"}),
		key(engine, "rows", 1, []any{"a\"", "b"}),
	} {
		if len(k) != 64 {
			t.Errorf("key %d is %q", i, k)
		}
		if before, ok := seen[k]; ok {
			t.Errorf("keys %d and %d are the same", before, i)
		}
		seen[k] = i
	}
	k := engine.New("rows", 1)
	fmt.Fprint(k, "ids")
	if k.String() == key(engine, "rows", 1) {
		t.Error("what is written changes no key")
	}
}
