package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/internal/ablatetest"
)

// checked returns the report's HTML after checks that hold of any report: it is well-formed,
// runs nothing but its own script, fetches nothing, and has no number that is none.
func checked(t *testing.T, r *ablate.Report) string {
	t.Helper()
	data, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	// The page's own script is the only one; it holds nothing of the report.
	text := strings.Replace(string(data), "<script>\n"+sortScript+"</script>", "", 1)
	for _, bad := range []string{"<script", "http:", "https:", "//", "url(", "@import", "src=", "href=", "xlink", "<link", "<?xml", "NaN", "ZgotmplZ", "#0102", "font-family:Liberation"} {
		// A name may say anything, but not where a browser acts on it.
		if strings.Contains(strings.ReplaceAll(text, "fill:#010201", ""), bad) && !strings.Contains(r.Teacher, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if regexp.MustCompile(`[ "(,]-?[+]?Inf\b`).MatchString(text) {
		t.Error("the page has an infinite number")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict, d.Entity = true, xml.HTMLEntity
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "src" {
					t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
				}
			}
			if e.Name.Local == "svg" && !strings.Contains(fmt.Sprint(e.Attr), "aria-label") {
				t.Error("a chart has no aria-label")
			}
			if e.Name.Local == "th" && !strings.Contains(fmt.Sprint(e.Attr), "scope") {
				t.Error("a header cell has no scope")
			}
		}
	}
	if strings.Count(text, "<figure") != strings.Count(text, "<figcaption") || strings.Count(text, "<svg") != strings.Count(text, "<figure")+strings.Count(text, `<div class="narrow"><svg`) {
		t.Error("a figure lacks its caption or its chart")
	}
	return text
}

func TestHTML(t *testing.T) {
	r := ablatetest.Paper(t)
	r.Compare(42)
	text := checked(t, r)
	for _, want := range []string{
		"<title>Ablation of BAAI/bge-small-en-v1.5</title>", "✓ held", "✗ not held", "published &#43;3.1", `<span class="delta down">−4.54</span>`,
		"31 of its 72 official data sets", "Average score against dimensions", "Average score against size", "Average score against speed",
		"var(--p4)", "prefers-color-scheme: dark", "@media print",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if n := strings.Count(text, "<figure"); n != 1+9+2+1 {
		t.Errorf("%d figures, want intervals, nine columns, two of size and one of speed", n)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if again := checked(t, r); again != text {
		t.Error("the same report gives other bytes")
	}
}

func TestHTMLEscapes(t *testing.T) {
	r := hostile(t)
	r.Claims = append(r.Claims, r.Claims[0])
	text := checked(t, r)
	if strings.Contains(text, "<script") || strings.Contains(text, "<b>") || strings.Contains(text, "</svg>:") {
		t.Error("markup of a name comes through")
	}
	// What looks like one of the charts' colours is left alone in text.
	if !strings.Contains(text, "fill:#010201</text>") {
		t.Error("a name was changed within a chart")
	}
}

// TestHTMLLeavesOut tells what has no data, and asks for no hole in its place.
func TestHTMLLeavesOut(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*ablate.Report)
		figures int
		sects   []string
	}{
		"no scores": {func(r *ablate.Report) {
			for i := range r.Rows {
				r.Rows[i].Tasks, r.Rows[i].Columns, r.Rows[i].Averages, r.Rows[i].Speed = nil, nil, nil, 0
			}
		}, 0, []string{"Rows", "Passes of the teacher"}},
		"no speeds": {func(r *ablate.Report) {
			for i := range r.Rows {
				r.Rows[i].Speed = 0
			}
		}, 12, []string{"Published claims", "Scores", "By column", "Score against size", "Rows", "Passes of the teacher"}},
		"one row": {func(r *ablate.Report) { r.Rows = r.Rows[:1] }, 9, []string{"Scores", "By column", "Rows", "Passes of the teacher"}},
		"no rows": {func(r *ablate.Report) { r.Rows, r.Passes = nil, nil }, 0, nil},
		"one size": {func(r *ablate.Report) {
			for i := range r.Rows {
				r.Rows[i].Bytes = 7
			}
		}, 12, nil},
		"odd numbers": {func(r *ablate.Report) {
			r.Rows[0].Speed, r.Rows[1].Speed, r.Rows[2].Dims, r.Rows[3].Bytes, r.Rows[4].Parameters = math.NaN(), math.Inf(1), 0, -5, 0
			r.Rows[5].Averages[1].Score, r.Rows[0].Columns[0].Score = math.NaN(), math.Inf(-1)
		}, 13, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := ablatetest.Paper(t)
			test.change(r)
			r.Compare(1)
			text := checked(t, r)
			if n := strings.Count(text, "<figure"); n != test.figures {
				t.Errorf("%d figures, want %d", n, test.figures)
			}
			if strings.Count(text, "<h2>") != len(test.sects) && test.sects != nil {
				t.Errorf("%d sections, want %q", strings.Count(text, "<h2>"), test.sects)
			}
			for _, s := range test.sects {
				if !strings.Contains(text, "<h2>"+s+"</h2>") {
					t.Errorf("no section %q", s)
				}
			}
		})
	}
}

// TestHTMLOfGrids draws grids of all sizes: lines where they can be told apart, else the
// rows' numbers.
func TestHTMLOfGrids(t *testing.T) {
	for _, test := range []struct {
		dims, others int
		want         string
	}{{4, 3, "A line joins variants"}, {5, 8, "Numbers are those of the rows"}, {2, 1, "A line joins"}, {12, 1, "A line joins"}, {1, 2, ""}} {
		r := &ablate.Report{Teacher: "acme/teacher", Baseline: "pca-dims=32,sif=0"}
		for o := range test.others {
			for d := range test.dims {
				one := ablatetest.Row(t, fmt.Sprintf("pca-dims=%d,sif=%d", 32<<d, o), ablatetest.OK(eval.STS, "a", 50+float64(d)-float64(o)), ablatetest.OK(eval.STS, "b", 60))
				one.Settings = strings.Split(one.Name, ",")
				one.Dims, one.Bytes, one.Speed = 32<<d, int64(100<<d), 1000/float64(d+1)
				r.Rows = append(r.Rows, one)
			}
		}
		r.Compare(1)
		text := checked(t, r)
		if !strings.Contains(text, test.want) || test.dims > 1 && !strings.Contains(text, "Average score against dimensions") {
			t.Errorf("%d×%d: no %q", test.dims, test.others, test.want)
		}
	}
}

func TestReportsOfManyRowsAreQuick(t *testing.T) {
	r := &ablate.Report{Teacher: "acme/teacher", Baseline: "row 0"}
	for i := range 200 { // the largest grid
		one := ablatetest.Row(t, fmt.Sprintf("row %d", i), ablatetest.OK(eval.STS, "a", float64(i%50)), ablatetest.OK(eval.WordSim, "b", 60))
		one.Speed, one.Dims = float64(1000+i), 64+i
		r.Rows = append(r.Rows, one)
	}
	r.Compare(1)
	start := time.Now()
	checked(t, r)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("200 rows took %v", took)
	}
}

// TestPalette holds the colours to WCAG 2.2's contrast on the page: 4.5 for text, 3 for
// what charts are made of.
func TestPalette(t *testing.T) {
	schemes := strings.SplitN(reportTemplate, "prefers-color-scheme: dark", 2)
	for i, scheme := range []string{"light", "dark"} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6})`).FindAllStringSubmatch(schemes[i], -1) {
			if colours[m[1]] == "" {
				colours[m[1]] = m[2]
			}
		}
		for name, least := range map[string]float64{"p1": 4.5, "p2": 4.5, "good": 4.5, "bad": 4.5, "p4": 3, "p5": 3, "p6": 3, "p9": 3, "p10": 3, "p11": 3, "p12": 3, "p13": 3, "p14": 3} {
			for _, ground := range []string{"p8", "panel"} {
				if ground == "panel" && least == 3 {
					continue // charts stand on the page
				}
				a, b := luminance(t, colours[name]), luminance(t, colours[ground])
				if c := (max(a, b) + 0.05) / (min(a, b) + 0.05); c < least {
					t.Errorf("%s: %s %s on %s has contrast %.2f, want %v", scheme, name, colours[name], ground, c, least)
				}
			}
		}
	}
}

// luminance of "#rrggbb". Source: WCAG 2.2, relative luminance.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		if len(hex) != 7 {
			t.Fatalf("%q is no colour", hex)
		}
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
