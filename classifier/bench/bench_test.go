package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
)

// A draw has each label in its share, the same rows for the same seed.
func TestDraw(t *testing.T) {
	e := &classifier.Examples{Task: classifier.Single}
	for i := range 1000 {
		e.Texts = append(e.Texts, fmt.Sprint(i))
		e.Labels = append(e.Labels, []string{[]string{"a", "b", "b", "b"}[i%4]})
	}
	one, again, other := Draw(e, 100, 1), Draw(e, 100, 1), Draw(e, 100, 2)
	count := 0
	for _, l := range one.Labels {
		if l[0] == "a" {
			count++
		}
	}
	if one.Len() != 100 || count != 25 || strings.Join(one.Texts, " ") != strings.Join(again.Texts, " ") || strings.Join(one.Texts, " ") == strings.Join(other.Texts, " ") {
		t.Errorf("%d texts, %d of label a", one.Len(), count)
	}
	if all := Draw(e, 1000, 1); all != e {
		t.Error("a draw of all is not all")
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for _, part := range []string{"train", "test"} {
		var rows strings.Builder
		for i := range 40 {
			fmt.Fprintf(&rows, "%s\t%s number%d\n", []string{"x", "y"}[i%2], []string{"alpha", "beta"}[i%2], i%7)
		}
		if err := os.MkdirAll(filepath.Join(dir, "set"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "set", part+".tsv"), []byte(rows.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sets, err := Find(dir, nil)
	if err != nil || len(sets) != 1 {
		t.Fatal(sets, err)
	}
	o := classifier.DefaultOptions()
	o.Kind = classifier.TFIDF
	table, err := Run(t.Context(), []System{{Name: "tf-idf <1>", Options: o, Published: 70.8}}, sets, Options{Examples: 20, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	row := table.Systems[0]
	if row.Mean != 100 || row.Spread != 0 || len(row.Cells[0].F1) != 2 || len(row.Cells[0].C) != 2 || !(row.TrainRate > 0) {
		t.Errorf("%+v", row)
	}
	if text := table.Markdown(); !strings.Contains(text, "| set | 100.00 ± 0.00 |") || strings.Contains(text, "published") {
		t.Errorf("%s", text)
	}
	if svg := table.SVG(); !strings.Contains(svg, "tf-idf &lt;1&gt;") {
		t.Errorf("%s", svg)
	}
	var published []Set
	for _, name := range Published {
		published = append(published, Set{Name: name, Train: sets[0].Train, Test: sets[0].Test})
	}
	for _, c := range []struct {
		sets  []Set
		shown bool
	}{{published, true}, {published[1:], false}, {append(slices.Clone(published), sets...), false}} {
		table, err := Run(t.Context(), []System{{Name: "tf-idf", Options: o, Published: 70.8}, {Name: "other", Options: o}}, c.sets, Options{Examples: 20, Seeds: 1})
		if err != nil || strings.Contains(table.Markdown(), "| published mean, one data set more | 70.8 |  |") != c.shown {
			t.Errorf("%d data sets: %v, %s", len(c.sets), err, table.Markdown())
		}
	}
	if Teacher("bge-small-en-v1.5", nil).Published != 0 || Teacher("bge-base-en-v1.5", nil).Published == 0 {
		t.Error("the published mean is bge-base's")
	}
	if _, err := Find(dir, []string{"other"}); err == nil || !strings.Contains(err.Error(), `no data set "other"`) {
		t.Errorf("%v", err)
	}
	if _, err := Find(t.TempDir(), nil); err == nil {
		t.Error("an empty folder: no error")
	}
}
