package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
)

// labelled are texts to train with.
const labelled = "thing\tthe house\nthing\ta bridge\nthing\ta stone\nthing\tthe river\nthing\tpaper\ndeed\tsing\ndeed\tread\ndeed\trun\ndeed\twalk\ndeed\topen\n"

// TestJSONIsAsDocumented runs each line of docs/json.md and compares the keys.
func TestJSONIsAsDocumented(t *testing.T) {
	root, err := filepath.Abs(testenv.Root())
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"texts.txt": "a stone bridge\n", "pairs.jsonl": strings.Repeat(`{"anchor":"stone","positive":"bridge"}`+"\n", 20), "words.txt": "bridge 1 0\nmusic 0 1\n",
		"labelled.tsv": labelled, "sets/tiny/train.tsv": labelled, "sets/tiny/test.tsv": labelled,
		"data/wordsim/men.tsv": "bridge\tstone\t9\nbridge\tmusic\t1\nmusic\tsummer\t8\n",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"student": "static/testdata/float32", "teacher": "testdata/tiny-bpe"} {
		if err := os.Symlink(filepath.Join(root, target), name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := features.Write(t.Context(), "features", features.Strings([]string{"a stone bridge"}), ones{}, features.DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	getenv := os.Getenv
	if found, err := newApp(nil, nil, nil, os.Getenv).provider(runtimeFlags{}, 0).Find(); err == nil {
		getenv = func(name string) string {
			return map[string]string{"M2V_ORT_LIB": found.Path, "XDG_CACHE_HOME": "cache"}[name]
		}
	}
	lines := 0
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || !strings.Contains(cells[1], "`m2v ") {
			continue
		}
		lines++
		command := strings.Trim(cells[1], " `")
		var out, stderr bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &stderr, getenv)
		cmd := newRootCommand(a)
		cmd.SetArgs(strings.Fields(command)[1:])
		err := cmd.ExecuteContext(t.Context())
		var missing *runtime.NotFoundError
		switch {
		case errors.As(err, &missing) || errors.Is(err, runtime.ErrNoCgo), err != nil && strings.HasPrefix(command, "m2v doctor"):
			if out.Len() == 0 {
				continue // needs a runtime that is not here
			}
		case err != nil:
			t.Errorf("%s: %v\n%s", command, err, &stderr)
			continue
		}
		checkKeys(t, command, strings.TrimSpace(cells[2]), out.Bytes())
	}
	if lines < 15 {
		t.Errorf("%d lines of commands in docs/json.md", lines)
	}
}

// ones is a teacher whose vectors are all the same.
type ones struct{}

func (ones) Width() int                { return 1 }
func (ones) Teacher() features.Teacher { return features.Teacher{Name: "ones"} }

func (ones) Encode(_ context.Context, _ []string, dst *matrix.Matrix) error {
	for i := range dst.Data {
		dst.Data[i] = 1
	}
	return nil
}

// checkKeys compares the keys of a command's JSON with those of the page.
func checkKeys(t *testing.T, command, documented string, data []byte) {
	t.Helper()
	object := map[string]json.RawMessage{}
	keys, isList := strings.CutPrefix(documented, "[] ")
	var err error
	if isList {
		var list []map[string]json.RawMessage
		if err = json.Unmarshal(data, &list); err == nil && len(list) > 0 {
			object = list[0]
		}
	} else {
		err = json.Unmarshal(data, &object)
	}
	if err != nil {
		t.Errorf("%s: %v in %.200s", command, err, data)
		return
	}
	want := map[string]bool{}
	for _, key := range strings.Split(keys, ", ") {
		name, maybe := strings.CutSuffix(key, "?")
		if _, there := object[name]; !there && !maybe {
			t.Errorf("%s: no key %s", command, name)
		}
		want[name] = true
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !want[key] {
			t.Errorf("%s: docs/json.md does not list the key %s", command, key)
		}
		if string(object[key]) == "null" && key != "fit" { // an object or none
			t.Errorf("%s: %s is null", command, key)
		}
	}
}
