package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
)

// Labels of rows that differ anywhere in their names differ, and say the whole name.
func TestLabelsTellRowsApart(t *testing.T) {
	style := face{size: 11}
	r := &ablate.Report{}
	for _, middle := range []string{"1", "2", "3"} {
		r.Rows = append(r.Rows, ablate.Row{Name: "pca-dims=256,token-remove-pattern=" + middle + ",sif-coefficient=0.0001,quantize-to=float16"})
	}
	for i, label := range labels(r, style, 165, 4) {
		if got := strings.ReplaceAll(label, "\n", ""); got != r.Rows[i].Name {
			t.Errorf("label %q is not the whole of %s", label, r.Rows[i].Name)
		}
		for _, line := range strings.Split(label, "\n") {
			if style.width(line) > 165 {
				t.Errorf("line %q is wider than the room for it", line)
			}
		}
	}
	// A name that does not fit: the numbers tell rows apart.
	r.Rows = append(r.Rows, ablate.Row{Name: strings.Repeat("x", 400) + "a"}, ablate.Row{Name: strings.Repeat("x", 400) + "b"}, ablate.Row{})
	seen := map[string]bool{}
	for i, label := range labels(r, style, 165, 4) {
		if strings.Fields(label)[0] != fmt.Sprint(i+1) || lineCount(label) > 4 || seen[label] {
			t.Errorf("label %d is %q", i+1, label)
		}
		seen[label] = true
	}
	for len(r.Rows) <= numbersOnly {
		r.Rows = append(r.Rows, ablate.Row{Name: "row"})
	}
	if got := labels(r, style, 165, 4)[40]; got != "41" {
		t.Errorf("label of one row of 41 is %q, want its number", got)
	}
}

func TestWrap(t *testing.T) {
	style := face{size: 11}
	for _, c := range []struct {
		name  string
		width float64
		want  string
	}{
		{"output_nopca", 400, "output_nopca"},
		{"output_nozipf_nopca", 70, "output_|nozipf_nopca"},
		{"sentence transformer over plain BERT", 110, "sentence transformer|over plain BERT"},
		{"abcdefghijklmnopqrstuvwxyz", 70, "abcdefghijklm|nopqrstuvwxy|z"},
		{"a/b,c", 1000, "a/b,c"},
	} {
		got := wrap(c.name, style, c.width)
		if strings.Join(got, "|") != c.want {
			t.Errorf("wrap(%q, %v) = %q, want %q", c.name, c.width, strings.Join(got, "|"), c.want)
		}
	}
}
