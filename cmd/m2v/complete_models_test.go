package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The Hub's cache may lie in a folder whose name is no plain pattern.
func TestCompleteModelsInAnyFolder(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "[old] cache")
	for _, name := range []string{"models--org--b", "models--org--a", "datasets--org--c"} {
		if err := os.MkdirAll(filepath.Join(cache, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HF_HUB_CACHE", cache)
	if got, _ := completeModels(nil, nil, ""); !slices.Equal(got, []string{"org/a", "org/b"}) {
		t.Errorf("offered are %q, want org/a and org/b", got)
	}
}
