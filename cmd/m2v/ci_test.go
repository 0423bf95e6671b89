//go:build unix && cgo

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// A workflow is what the page's YAML has of GitHub's.
type workflow struct {
	Name string
	On   []string
	Jobs map[string]struct {
		RunsOn string `yaml:"runs-on"`
		Env    map[string]string
		Steps  []step
	}
}

type step struct {
	Name, Uses, Run, If string
	With                map[string]string
}

// ciSteps reads the workflow of docs/ci.md: its steps and its environment.
func ciSteps(t *testing.T) (steps []step, env map[string]string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(testenv.Root(), "docs", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ = strings.Cut(text, "```\n")
	var w workflow
	in := yaml.NewDecoder(strings.NewReader(text))
	in.KnownFields(true)
	if err := in.Decode(&w); err != nil {
		t.Fatal(err)
	}
	for _, job := range w.Jobs {
		steps, env = job.Steps, job.Env
	}
	if w.Name == "" || len(w.On) == 0 || len(w.Jobs) != 1 || len(steps) < 8 {
		t.Fatalf("docs/ci.md has no workflow of one job: %+v", w)
	}
	return steps, env
}

// TestWorkflowOfThePage runs the steps of docs/ci.md: twice, for the second run finds all
// as it was, then with a baseline that no student reaches, which fails the gate alone.
func TestWorkflowOfThePage(t *testing.T) {
	testenv.Long(t)
	if runtimeLibrary() == "" {
		t.Skip("it runs a teacher, and needs cgo")
	}
	steps, env := ciSteps(t)
	dir, bin := workshop(t, "student"), t.TempDir()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile(filepath.Join(testenv.Root(), "testdata", "lines.txt"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Symlink(self, filepath.Join(bin, "m2v"))) // testscript's main goes by the name
	check(os.WriteFile(filepath.Join(dir, "texts.txt"), lines, 0o600))
	env["TEACHER"] = "testdata/tiny-bert"
	run := func(what step) (string, error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", what.Run) // as GitHub does
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "M2V_ORT_LIB=" + runtimeLibrary(), "HF_HUB_OFFLINE=1"}
		for name, value := range env {
			cmd.Env = append(cmd.Env, name+"="+strings.ReplaceAll(value, "${{ github.workspace }}", dir))
		}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	all := func() (output string) {
		t.Helper()
		for _, s := range steps {
			switch {
			case s.Uses != "" || s.If != "":
				continue
			case strings.HasPrefix(s.Run, "go install "): // the program is here
				continue
			case strings.HasPrefix(s.Run, "m2v runtime install"): // needs the network; the library is here
				s.Run = "m2v runtime path"
			}
			out, err := run(s)
			if err != nil {
				t.Fatalf("step %q: %v\n%s", s.Name, err, out)
			}
			output += out
			if strings.Contains(s.Run, "scores.json") {
				if _, err := os.Stat(filepath.Join(dir, "baseline.json")); err != nil { // the first run's scores
					data, err := os.ReadFile(filepath.Join(dir, "scores.json"))
					check(err)
					check(os.WriteFile(filepath.Join(dir, "baseline.json"), data, 0o600))
				}
			}
		}
		return output
	}
	if first := all(); strings.Contains(first, "up to date") {
		t.Errorf("the first run has nothing to do: %s", first)
	}
	if second := all(); !strings.Contains(second, "student is up to date") {
		t.Errorf("the second run makes the student again: %s", second)
	}
	better := `{"models":[{"model":"student","tasks":[{"task":"men","column":"WordSim","score":1000,"form":"folder"}],` +
		`"columns":[{"column":"WordSim","score":1000,"tasks":1,"failed":0}],"averages":[{"name":"AvgAll.v1","score":1000,"whole":true,"have":1,"of":72}]}]}`
	check(os.WriteFile(filepath.Join(dir, "baseline.json"), []byte(better), 0o600))
	for _, s := range steps {
		if !strings.Contains(s.Run, "--baseline") {
			continue
		}
		out, err := run(s)
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitGate || !strings.Contains(out, "under the baseline's 1000.00") { //nolint:errorlint // it is not wrapped
			t.Errorf("a student below the baseline: %v\n%s", err, out)
		}
		return
	}
	t.Error("the workflow has no gate")
}
