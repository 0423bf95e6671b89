package hub

import (
	"slices"
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	names := []string{"2_Dense/config.json", "2_Dense/model.safetensors", "2_Dense/old/config.json", "config.json", "model.onnx",
		"model[1].onnx", "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/model_O2.onnx", "tokenizer.json"}
	for _, test := range []struct {
		name    string
		wants   []Want
		picked  string
		missing int
	}{
		{"a name with brackets", []Want{{Any: []string{literal("model[1].onnx")}}}, "model[1].onnx", 0},
		{"the second choice", []Want{{Any: []string{"onnx/none.onnx", "model.onnx"}}}, "model.onnx", 0},
		{"a pattern", []Want{{Any: []string{"*/*.onnx"}}}, "onnx/model.onnx onnx/model_O2.onnx", 0},
		{"the same twice", []Want{{Any: []string{"config.json"}}, {Any: []string{"*.json"}}}, "config.json tokenizer.json", 0},
		{"one missing, one optional", []Want{{Any: []string{"a"}}, {Any: []string{"b"}, Optional: true}}, "", 1},
		{"nothing wanted", nil, "", 0},
	} {
		picked, missing := pick(test.wants, names)
		if got := strings.Join(picked, " "); got != test.picked || len(missing) != test.missing {
			t.Errorf("%s: %q and %d missing, want %q and %d", test.name, got, len(missing), test.picked, test.missing)
		}
	}
}

func FuzzCheckPath(f *testing.F) {
	for _, seed := range []string{"onnx/model.onnx", "../x", "a/../b", `a\b`, "/", ".", "C:/x", "a//b", "a/./b", "..."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if checkPath(name) != nil {
			return
		}
		parts := strings.Split(name, "/")
		if slices.Contains(parts, "..") || slices.Contains(parts, "") || slices.Contains(parts, ".") || strings.ContainsAny(name, "\\\x00\n") {
			t.Errorf("path %q is let through", name)
		}
	})
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"format_version":1,"files":{"a":{"size":1,"blob_id":"0123456789012345678901234567890123456789"}}}`))
	f.Add([]byte(`{"format_version":2,"files":{}}`))
	f.Add([]byte(`{"format_version":1,"files":{"../a":{"size":1,"blob_id":"0123456789012345678901234567890123456789"}}}`))
	f.Add([]byte(`{"format_version":1,"files":{"a":{"size":130,"blob_id":"0123456789012345678901234567890123456789",
		"lfs_sha256":"0123456789012345678901234567890123456789012345678901234567890123","lfs_size":9,"xet_hash":"x"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := parseListing(data)
		if err != nil {
			return
		}
		for name, file := range first {
			if err := file.check(); err != nil || file.Path != name {
				t.Fatalf("%q: %+v, %v", name, file, err)
			}
			if !sha256ID().MatchString(file.Xet) { // not kept
				file.Xet = ""
				first[name] = file
			}
		}
		written, err := first.bytes()
		if err != nil {
			t.Fatal(err)
		}
		second, err := parseListing(written)
		if err != nil {
			t.Fatal(err)
		}
		if len(first) != len(second) {
			t.Fatalf("%d files written, %d read", len(first), len(second))
		}
		for name, file := range first {
			if second[name] != file {
				t.Errorf("%q: %+v written, %+v read", name, file, second[name])
			}
		}
	})
}
