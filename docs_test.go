package m2v

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocsNameWhatThereIs: a test, a make target or a script that a page names exists.
func TestDocsNameWhatThereIs(t *testing.T) {
	tests := map[string]bool{}
	walk(t, "_test.go", func(_, text string) {
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(text, -1) {
			for i := range len(m[1]) + 1 {
				tests[m[1][:i]] = true // -run takes the beginning of a name
			}
		}
	})
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	test, target, script := regexp.MustCompile(`\bTest[A-Z]\w*`), regexp.MustCompile("`(?:[A-Z]+=\\S+ )?make ([a-z-]+)"), regexp.MustCompile(`\bscripts/[\w./-]*\w`)
	named := 0
	walk(t, ".md", func(path, text string) {
		for _, name := range test.FindAllString(text, -1) {
			if named++; !tests[name] {
				t.Errorf("%s names %s, which is no test", path, name)
			}
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if named++; !strings.Contains(string(makefile), "\n"+m[1]+":") && !strings.HasSuffix(m[1], "-") {
				t.Errorf("%s names make %s, which is no target", path, m[1])
			}
		}
		for _, name := range script.FindAllString(text, -1) {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s names %s, which does not exist", path, name)
			}
			named++
		}
	})
	if named < 100 {
		t.Errorf("the pages name %d tests, targets and scripts: the patterns miss them", named)
	}
}

// walk calls use with each file of the module whose name ends so.
func walk(t *testing.T, suffix string, use func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return firstOf(err, fs.SkipDir)
		}
		if d.IsDir() || !strings.HasSuffix(path, suffix) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			use(path, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
