//go:build unix && cgo

package main

import (
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// A page's console block. Commands begin with "$ ", their further lines with "> "; the
// lines after a command are what it prints on stdout, where the page shows it. A line "…"
// stands for any lines. A comment `<!-- not run: WHY -->` before a block says that a
// machine without a network, or without real models, cannot run it.
type block struct {
	page, text string
	line       int
	notRun     string // why, or ""
}

// tested names pages whose blocks a test of their own runs.
var tested = map[string]string{"docs/serve.md": "TestServePage"}

// TestPages types what the console blocks of README.md and docs show, each page in a
// folder of its own with the bundled teachers, and reads the same.
func TestPages(t *testing.T) {
	testenv.Long(t)
	if runtimeLibrary() == "" {
		t.Skip("it runs a teacher, and needs cgo")
	}
	run, notRun := 0, 0
	for _, page := range pages(t) {
		blocks := consoleBlocks(t, page)
		if len(blocks) == 0 || tested[page] != "" {
			continue
		}
		var here []block
		for _, b := range blocks {
			if b.notRun != "" {
				notRun++
				t.Logf("%s:%d is not run: %s", b.page, b.line, b.notRun)
				continue
			}
			run += len(b.commands())
			here = append(here, b)
		}
		t.Run(page, func(t *testing.T) {
			dir := workshopOfPages(t)
			for _, b := range here {
				typeBlock(t, dir, b)
			}
		})
	}
	t.Logf("%d commands are run, %d blocks are not", run, notRun)
	if run < 60 || notRun > 10 {
		t.Errorf("%d commands are run and %d blocks are not: a page has lost its blocks, or too many are marked", run, notRun)
	}
}

// pages returns README.md and all pages of docs, in order.
func pages(t *testing.T) []string {
	t.Helper()
	list := []string{"README.md"}
	root := testenv.Root()
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			name, _ := filepath.Rel(root, path)
			list = append(list, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// consoleBlocks reads a page's console blocks. In README.md and the guides a block of
// commands that is not a console block is an error: nothing would run it.
func consoleBlocks(t *testing.T, page string) (blocks []block) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), page))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for i := 0; i < len(lines); i++ {
		language, fence := strings.CutPrefix(lines[i], "```")
		if !fence {
			continue
		}
		end := i + 1 + slices.Index(lines[i+1:], "```")
		if end == i {
			t.Fatalf("%s:%d: the block has no end", page, i+1)
		}
		if slices.Contains([]string{"sh", "bash", "shell"}, language) && (page == "README.md" || strings.HasPrefix(page, "docs/guides/")) {
			t.Errorf("%s:%d: make this block of commands a console block, so that it is run", page, i+1)
		}
		if language == "console" {
			why, marked := "", false
			if i > 0 {
				why, marked = strings.CutPrefix(lines[i-1], "<!-- not run: ")
			}
			if !marked {
				why = ""
			}
			blocks = append(blocks, block{page, strings.Join(lines[i+1:end], "\n"), i + 1, strings.TrimSuffix(why, " -->")})
		}
		i = end
	}
	return blocks
}

// workshopOfPages returns a folder with the bundled teachers and m2v.
func workshopOfPages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"testdata": filepath.Join(testenv.Root(), "testdata"),
		"bin/m2v":  self, // testscript.Main runs m2v where the test binary has that name
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// commands returns a block's commands, each with what it prints.
func (b block) commands() []string { return strings.Split("\n"+b.text, "\n$ ")[1:] }

// typeBlock runs the commands of a block. Numbers may differ by 0.005: another processor
// rounds the teacher otherwise.
func typeBlock(t *testing.T, dir string, b block) {
	t.Helper()
	if len(b.commands()) == 0 {
		t.Errorf("%s:%d: the block has no command", b.page, b.line)
	}
	for _, step := range b.commands() {
		typed, rest := "", strings.Split(step, "\n")
		for typed, rest = rest[0], rest[1:]; len(rest) > 0 && (strings.HasPrefix(rest[0], "> ") || rest[0] == ">"); rest = rest[1:] {
			typed += "\n" + strings.TrimPrefix(strings.TrimPrefix(rest[0], ">"), " ")
		}
		want := strings.Join(rest, "\n")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", typed)
		cmd.Dir = dir
		cmd.Env = []string{
			"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + dir,
			"M2V_ORT_LIB=" + runtimeLibrary(), "HF_HUB_OFFLINE=1",
		}
		var words strings.Builder
		cmd.Stderr = &words
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s:%d: $ %s: %v\n%s", b.page, b.line, typed, err, words.String())
		}
		if strings.TrimSpace(want) != "" && !sameOutput(string(out), want) {
			t.Errorf("%s:%d: $ %s\n%swant\n%s", b.page, b.line, typed, out, want)
		}
	}
}

// sameOutput compares word by word, numbers within 0.005. A "…" in want stands for any words.
func sameOutput(got, want string) bool {
	a, parts := strings.Fields(got), strings.Split(want, "…")
	for i, part := range parts {
		words := strings.Fields(part)
		at := 0
		if i > 0 {
			for at <= len(a)-len(words) && !sameWords(a[at:at+len(words)], words) {
				at++
			}
		}
		if at+len(words) > len(a) || !sameWords(a[at:at+len(words)], words) {
			return false
		}
		a = a[at+len(words):]
	}
	return len(a) == 0 || strings.HasSuffix(strings.TrimSpace(want), "…")
}

func sameWords(a, b []string) bool {
	for i := range a {
		x, err1 := strconv.ParseFloat(a[i], 64)
		y, err2 := strconv.ParseFloat(b[i], 64)
		if a[i] != b[i] && (err1 != nil || err2 != nil || math.Abs(x-y) > 0.005) {
			return false
		}
	}
	return true
}

// TestSameOutput: the comparison of pages tells differences.
func TestSameOutput(t *testing.T) {
	for _, tc := range []struct {
		got, want string
		same      bool
	}{
		{"0.6030\ta b", "0.6031 a b", true},
		{"0.6030 a", "0.6130 a", false},
		{"a b c d", "a … d", true},
		{"a b c d", "a … c", false},
		{"a b c", "a …", true},
		{"a b", "a", false},
		{"", "a", false},
		{"x b", "a …", false},
	} {
		if same := sameOutput(tc.got, tc.want); same != tc.same {
			t.Errorf("%q, where the page has %q: %v", tc.got, tc.want, same)
		}
	}
}
