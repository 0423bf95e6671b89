package classifier_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/export"
)

// FuzzRead: whatever a file of labelled texts holds, reading it ends in an error or in
// as many labels as texts.
func FuzzRead(f *testing.F) {
	for i, content := range []string{
		"text,label\none,x\n", "text\tlabel\none\tx\n", `{"text":"a","label":["x",null]}`, `{"text":"a","label":[0.5,-1e400]}`, `{"text":" ","label":12345678901234567890}`,
	} {
		f.Add(content, i%3, i%4, ",")
	}
	f.Fuzz(func(t *testing.T, content string, form, task int, separator string) {
		form, task = max(form, -form, 0)%3, max(task, -task, 0)%4
		s := classifier.Source{Separator: separator, Task: []classifier.Task{classifier.Auto, classifier.Single, classifier.Multi, classifier.Regression}[task]}
		s.File = filepath.Join(t.TempDir(), []string{"a.csv", "a.tsv", "a.jsonl"}[form])
		if err := os.WriteFile(s.File, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := classifier.Read(t.Context(), s)
		if err != nil {
			return
		}
		if e.Task == classifier.Regression {
			if len(e.Values) != e.Len() || len(e.Labels) > 0 {
				t.Errorf("%d texts, %d rows of numbers, %d labels", e.Len(), len(e.Values), len(e.Labels))
			}
		} else if len(e.Labels) != e.Len() || len(e.Values) > 0 {
			t.Errorf("%d texts, %d labels, %d rows of numbers", e.Len(), len(e.Labels), len(e.Values))
		}
		if e.Len() == 0 {
			t.Error("no texts and no error")
		}
	})
}

// FuzzOpen: whatever the files of a classifier's folder hold, opening them ends in an error
// or in a classifier that predicts.
func FuzzOpen(f *testing.F) {
	for _, kind := range []classifier.Kind{classifier.TFIDF, classifier.Logreg} {
		base := classifier.Base{}
		if kind == classifier.Logreg {
			base = classifier.Base{Encoder: flat{26}, Identity: "one"}
		}
		o := options(kind)
		o.C = 1
		c, r, err := classifier.Fit(f.Context(), base, places(), nil, o)
		if err != nil {
			f.Fatal(err)
		}
		dir := filepath.Join(f.TempDir(), "c")
		if err := c.Write(f.Context(), dir, classifier.Folder{Report: r}, export.Options{}); err != nil {
			f.Fatal(err)
		}
		var list [3]string
		for i, name := range []string{"config.json", "head.safetensors", "words.json"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil && !os.IsNotExist(err) {
				f.Fatal(err)
			}
			list[i] = string(data)
		}
		f.Add(list[0], []byte(list[1]), list[2])
		f.Add(strings.Replace(list[0], "softmax", "identity", 1), []byte(list[1]), list[2])
		f.Add(strings.Replace(list[0], `"n_layers": 1`, `"n_layers": 0`, 1), []byte(list[1]), list[2])
	}
	f.Fuzz(func(t *testing.T, config string, head []byte, words string) {
		dir := t.TempDir()
		for name, data := range map[string][]byte{"config.json": []byte(config), "head.safetensors": head, "words.json": []byte(words)} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := classifier.Open(dir)
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.Attach(flat{26}, c.Needs()) // a head on words has no need of it
		_, _ = c.Predict(t.Context(), test, 0.5)
	})
}

// What a folder's config.json says of the head is checked before it is used.
func TestOpenRefusesHeads(t *testing.T) {
	c, r := fit(t, places(), options(classifier.TFIDF))
	dir, files := write(t, c, r)
	for _, change := range []struct{ from, to, want string }{
		{`"n_layers": 1`, `"n_layers": 0`, "n_layers is 0"},
		{`"n_layers": 1`, `"n_layers": 2`, "no tensors head.1.weight"},
		{`"softmax"`, `"relu"`, `activation "relu"`},
		{`"deed"`, `1.5`, "class 1.5 is not a string or an integer"},
		{`"deed"`, `null`, "class null is not a string or an integer"},
		{`"deed",`, ``, "has 1 classes, and the head gives 2"},
		{`"classes"`, `"class"`, "no classes"},
	} {
		config := strings.Replace(files["config.json"], change.from, change.to, 1)
		if config == files["config.json"] {
			t.Fatalf("config.json has no %s", change.from)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := classifier.Open(dir); err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: %v, want %q", change.to, err, change.want)
		}
	}
	config := strings.NewReplacer(`"deed"`, "9007199254740993", `"thing"`, "-1").Replace(files["config.json"])
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if opened, err := classifier.Open(dir); err != nil || fmt.Sprint(opened.Classes, opened.Integers) != "[9007199254740993 -1] true" {
		t.Errorf("integers: %v, %v", opened, err)
	}
}
