package stream_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/stream"
)

// words is a classifier that was trained in no time.
func words(t *testing.T) *classifier.Classifier {
	t.Helper()
	o := classifier.DefaultOptions()
	o.Kind, o.C = classifier.TFIDF, 1
	c, _, err := classifier.Fit(t.Context(), classifier.Base{}, &classifier.Examples{
		Task: classifier.Single, Texts: []string{"stone river", "house stone", "sing run", "run read"}, Labels: [][]string{{"thing"}, {"thing"}, {"deed"}, {"deed"}},
	}, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Predict wrote objects with two keys of one name, waited without end for -1 threads, and
// said "it is a folder" of a folder that it did not name.
func TestPredictRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "report.json")
	if err := os.WriteFile(file, []byte("stone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := words(t)
	for _, test := range []struct {
		to      stream.Predictions
		in      string
		threads int
		want    string
		usage   bool
	}{
		{stream.Predictions{Keep: []string{"id", "id"}}, "", 0, `two values of an object would be called "id"`, true},
		{stream.Predictions{Keep: []string{"label"}}, "", 0, `two values of an object would be called "label"`, true},
		{stream.Predictions{Threshold: math.NaN()}, "", 0, "threshold NaN is not in [0, 1]", true},
		{stream.Predictions{To: new(strings.Builder)}, "", -1, "threads -1 is negative", true},
		{stream.Predictions{File: file}, file, 0, "report.json would overwrite the texts that are read", true},
		{stream.Predictions{File: file, Folder: dir}, "", 0, "report.json would overwrite a file of the model", true},
		{stream.Predictions{File: dir}, "", 0, "stream: write " + dir + ": it is a folder", false},
		{stream.Predictions{File: filepath.Join(dir, "no", "x")}, "", 0, filepath.Join(dir, "no", "x") + ": no such file", false},
	} {
		in := input("stone\n")
		if test.in != "" {
			in.Files = []string{test.in}
		}
		_, err := stream.Predict(t.Context(), c, in, test.to, stream.Options{Threads: test.threads})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
		if _, usage := errors.AsType[*fault.OptionError](err); usage != test.usage {
			t.Errorf("%v: about an option: %v", err, usage)
		}
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "stone\n" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}
