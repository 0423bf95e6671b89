package classifier_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
)

func read(t *testing.T, name, content string, s classifier.Source) (*classifier.Examples, error) {
	t.Helper()
	s.File = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(s.File, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return classifier.Read(t.Context(), s)
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, content string
		source        classifier.Source
		want          string // task, labels, numbers, integers
	}{
		{"a.tsv", "x\tone\ny\ttwo\n", classifier.Source{}, "single [[x] [y]] [] false"},
		{"a.tsv", "text\tlabel\none\tx\ntwo\ty\n", classifier.Source{}, "single [[x] [y]] [] false"},
		{"a.tsv", "x\t one\n y , z\ttwo\n", classifier.Source{Task: classifier.Multi, Separator: ","}, "multi [[x] [y z]] [] false"},
		{"a.tsv", "1.5\tone\n2\ttwo\n", classifier.Source{Task: classifier.Regression}, "regression [] [[1.5] [2]] false"},
		{"a.csv", "text,label\na,nan\nb,roti\n", classifier.Source{}, "single [[nan] [roti]] [] false"},
		{"a.csv", "id,label,text\n1,x,\"one, two\"\n", classifier.Source{}, "single [[x]] [] false"},
		{"a.csv", "id,kind,title\n1,x,\"one, two\"\n", classifier.Source{TextColumn: "title", LabelColumn: "kind"}, "single [[x]] [] false"},
		{"a.jsonl", `{"text":"a","label":3}` + "\n" + `{"text":"b","label":-2}`, classifier.Source{}, "single [[3] [-2]] [] true"},
		{"a.jsonl", `{"text":"a","label":["x","y"]}` + "\n" + `{"text":"b","label":[]}`, classifier.Source{}, "multi [[x y] []] [] false"},
		{"a.jsonl", `{"text":"a","label":0.5}` + "\n" + `{"text":"b","label":2}`, classifier.Source{}, "regression [] [[0.5] [2]] false"},
		{"a.jsonl", `{"text":"a","label":[0.5,1]}` + "\n" + `{"text":"b","label":[2,3]}`, classifier.Source{}, "regression [] [[0.5 1] [2 3]] false"},
		{"a.jsonl", `{"text":"a","label":"x"}` + "\n" + `{"text":"  ","label":"y"}`, classifier.Source{}, "single [[x]] [] false"},
	} {
		e, err := read(t, c.name, c.content, c.source)
		if err != nil {
			t.Errorf("%s: %v", c.content, err)
			continue
		}
		if got := fmt.Sprint(e.Task, " ", e.Labels, " ", e.Values, " ", e.Integers); got != c.want {
			t.Errorf("%s: %s, want %s", c.content, got, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name, content string
		source        classifier.Source
		want          string
	}{
		{"a.jsonl", `{"text":"a","label":"x"}` + "\n" + `{"text":"b","label":["x"]}`, classifier.Source{}, "record 2: label [\"x\"] is an array of strings, and earlier ones are a string"},
		{"a.jsonl", `{"text":"a","label":"x"}` + "\n" + `{"text":"b","label":1}`, classifier.Source{}, "record 2: label 1 is a number"},
		{"a.jsonl", `{"text":"a","label":["x",1]}`, classifier.Source{}, "has strings and numbers"},
		{"a.jsonl", `{"text":"a","label":true}`, classifier.Source{}, "not a string, a number"},
		{"a.jsonl", `{"text":"a"}`, classifier.Source{}, `no label: field "label" is missing`},
		{"a.jsonl", `{"label":"a"}`, classifier.Source{}, `no field "text"`},
		{"a.jsonl", `{"text":"a","label":""}`, classifier.Source{}, "the label is empty"},
		{"a.csv", "text,kind\na,b\n", classifier.Source{}, `no column "label"; the header has "text", "kind"`},
		{"a.tsv", "only one column\n", classifier.Source{}, "the row has 1 columns, and column 2 is asked for"},
		{"a.tsv", "nan\ta\n", classifier.Source{Task: classifier.Regression}, `"nan" is not a finite number`},
		{"a.tsv", "x\ta\n", classifier.Source{Task: classifier.Regression}, `"x" is not a finite number`},
		{"a.jsonl", `{"text":"a","label":[1.5]}` + "\n" + `{"text":"b","label":[1,2]}`, classifier.Source{}, "text 2 has 2 numbers"},
		{"a.jsonl", `{"text":"a","label":1.5}`, classifier.Source{Task: classifier.Single}, "labels are numbers with a fraction"},
		{"a.csv", "text,label\na,1\nb,nan\nc,2\n", classifier.Source{}, `label "nan" of text 2 is not a finite number, as the other labels are`},
		{"a.csv", "text,label\na,0.5\nb,inf\n", classifier.Source{}, `label "inf" of text 2`},
		{"a.jsonl", "", classifier.Source{}, "no labelled texts"},
		{"a.jsonl", "{", classifier.Source{}, "not JSON"},
	} {
		_, err := read(t, c.name, c.content, c.source)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: %v, want %q", c.content, err, c.want)
		}
	}
	if _, err := classifier.Read(t.Context(), classifier.Source{File: "nowhere.tsv"}); err == nil {
		t.Error("a file that is not there: no error")
	}
}
