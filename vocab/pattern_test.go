package vocab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readGolden reads a file of testdata, made by testdata/gen/vocab.py with
// Python 3.11, model2vec 0.10.0 and tokenizers 0.22.2.
func readGolden(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

func TestPatternIsPython(t *testing.T) {
	var golden struct {
		Subjects []string
		Patterns []struct{ Pattern, Matches, Error string }
	}
	readGolden(t, "patterns.json", &golden)
	for _, c := range golden.Patterns {
		p, err := compilePattern(c.Pattern)
		if c.Error != "" {
			if err == nil {
				t.Errorf("%q compiles; Python: %s", c.Pattern, c.Error)
			} else if !strings.HasPrefix(err.Error(), "pattern ") {
				t.Errorf("%q: error %q does not name the pattern", c.Pattern, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v; Python compiles it", c.Pattern, err)
			continue
		}
		for i, subject := range golden.Subjects {
			got, err := p.match(subject)
			if want := c.Matches[i] == '1'; err != nil || got != want {
				t.Errorf("re.match(%q, %q): %v, %v; want %v", c.Pattern, subject, got, err, want)
			}
		}
	}
}

func TestPatternTimesOut(t *testing.T) {
	p, err := compilePattern(`(a+)+$`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.match(strings.Repeat("a", 60) + "b"); err == nil || !strings.Contains(err.Error(), "takes longer than") {
		t.Errorf("error %v, want one about the time", err)
	}
}

func FuzzTranslatePattern(f *testing.F) {
	for _, seed := range []string{DefaultRemovePattern, `(?P<a>[\W]+)(?P=a)*?`, `(?x: a # b`, `[^]\d-]`, `(a)?(?(1)b|c)`, `\b{2,}+`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if p, err := compilePattern(source); err == nil && p != nil {
			p.re.MatchTimeout = 1e7
			_, _ = p.match("a1_[unused7]é")
		}
	})
}
