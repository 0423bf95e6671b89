package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

var update = flag.Bool("update", false, "write the golden files of this package anew")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as it was; go test ./ablate/report -update writes it anew. Now:\n%s", path, got)
	}
}

// hostile is a report whose every name means something to Markdown, HTML or SVG.
func hostile(t *testing.T) *ablate.Report {
	t.Helper()
	name := "a|b `c` <script>alert(1)</script> &amp; \"q\" \x00\xff\n# x fill:#010201"
	rows := []ablate.Row{
		ablatetest.Row(t, name, ablatetest.OK(eval.STS, "s|t", 50), ablatetest.OK(eval.STS, "<b>", 40), ablatetest.OK(eval.WordSim, "w", -3)),
		ablatetest.Row(t, "日本語 *very* "+strings.Repeat("long ", 40), ablatetest.OK(eval.STS, "s|t", 51), ablatetest.Task{Task: "<b>", Column: eval.STS, Error: "</svg>: line 3 | x"}, ablatetest.OK(eval.WordSim, "w", 0)),
		ablatetest.Row(t, "", ablatetest.OK(eval.STS, "s|t", 0), ablatetest.OK(eval.STS, "<b>", 0)),
	}
	for i := range rows {
		rows[i].Settings, rows[i].Speed, rows[i].Dims = []string{name}, 10*float64(i+1), 64<<i
		rows[i].Bytes = int64(1000 << i)
	}
	rows[2].Kind = ablate.KindModel
	return &ablate.Report{Tool: name, Version: name, Recipe: name, Teacher: name, BaseModel: name, Baseline: name, Rows: rows,
		Warnings: []string{name}, Passes: []ablate.Pass{{Teacher: name, Rows: []string{name}}},
		Claims: []ablate.Claim{{Name: name, Text: name, With: name, Over: name, Basis: "AvgAll.v1", Difference: 1, Low: -1, High: 2, Published: 3}}}
}

func TestMarkdownGolden(t *testing.T) {
	r := ablatetest.Paper(t)
	r.Compare(42)
	golden(t, "paper.md", Markdown(r))

	r = &ablate.Report{Tool: "m2v", Version: "1.2.3", Teacher: "acme/teacher", Baseline: "pca-dims=64", Rows: []ablate.Row{
		{Name: "pca-dims=64", Kind: ablate.KindVariant, Settings: []string{"pca-dims=64"}, Tokens: 900, Dims: 64, Parameters: 57600, Bytes: 115200, Explained: 0.6123},
		{Name: "pca-dims=none", Kind: ablate.KindVariant, Settings: []string{"pca-dims=none"}, Tokens: 900, Dims: 384, Parameters: 345600, Bytes: 691200},
	}}
	r.Compare(42)
	golden(t, "unscored.md", Markdown(r))
}

func TestMarkdownFailures(t *testing.T) {
	r := &ablate.Report{Baseline: ablate.Output, Rows: []ablate.Row{
		ablatetest.Row(t, ablate.Output, ablatetest.OK(eval.STS, "a", 60), ablatetest.OK(eval.WordSim, "w", 40)),
		ablatetest.Row(t, ablate.OutputNoPCA, ablatetest.Task{Task: "a", Column: eval.STS, Error: "a.tsv:3: two fields"}, ablatetest.OK(eval.WordSim, "w", 41.239)),
	}}
	r.Compare(1)
	got := string(Markdown(r))
	for _, want := range []string{
		"| `output_nopca` | 256 | 4.0 kB | failed | **41.24** (+1.24) | failed | failed | failed | failed |",
		"| `output_nopca` | STS | `a` | a.tsv:3: two fields |",
		`- claim "PCA" is not computed: output_nopca failed on a`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	got := string(Markdown(hostile(t)))
	inTable := 0
	for _, line := range strings.Split(got, "\n") {
		if strings.HasPrefix(line, "|") {
			inTable++
			continue
		}
		if strings.Contains(line, "<script") && !strings.Contains(line, `\<script`) && !strings.Contains(line, "`") {
			t.Errorf("markup comes through: %s", line)
		}
	}
	if inTable != 5+3+5+3+3 {
		t.Errorf("%d lines of tables: a name breaks one\n%s", inTable, got)
	}
	for in, want := range map[string]string{"a_b": "`a_b`", "a|b": "`a\\|b`", "`": "`` ` ``", "a``b": "`a``b`", "": "(no name)", "a\nb": "`a b`"} {
		if in == "a``b" {
			want = "```a``b```"
		}
		if got := code(in); got != want {
			t.Errorf("code(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{signed(2.514), "+2.51"}, {signed(-0.349), "−0.35"}, {signed(-0.001), "0.00"}, {signed(0.004), "0.00"}, {decimals(-0.001), "0.00"}, {decimals(-3), "−3.00"},
		{size(0), ""}, {size(512), "512 B"}, {size(115200), "115 kB"}, {size(7560000), "7.6 MB"}, {size(999_600), "1.0 MB"}, {size(1_300_000_000), "1.3 GB"},
		{millions(345600), "346 k"}, {millions(33_400_000), "33.4 M"}, {millions(1000), "1.0 k"}, {grouped(999), "999"}, {grouped(29528), "29,528"}, {grouped(1234567), "1,234,567"},
		{share(0.6123), "61.2 %"}, {share(math.NaN()), ""}, {plural(1, "variant"), "1 variant"}, {plural(0, "variant"), "0 variants"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
