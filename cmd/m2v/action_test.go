//go:build unix && cgo

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// An action is what action.yml has of GitHub's composite actions.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description, Default string
		Required             bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			Name, ID, Uses, Run, If, Shell string
			With, Env                      map[string]string
		}
	}
}

var anInput = regexp.MustCompile(`\$\{\{ inputs\.([a-z-]+) \}\}`)

// TestAction runs the steps of action.yml as GitHub does: with texts, data and a gate that
// holds, and then with a gate that does not.
func TestAction(t *testing.T) {
	testenv.Long(t)
	if runtimeLibrary() == "" {
		t.Skip("it runs a teacher, and needs cgo")
	}
	file, err := os.Open(filepath.Join(testenv.Root(), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var a action
	in := yaml.NewDecoder(file)
	in.KnownFields(true)
	if err := in.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) < 5 {
		t.Fatalf("action.yml is no composite action: %+v", a.Runs)
	}
	dir := workshop(t, "student")
	ran := map[string]string{} // step → what it prints
	run := func(inputs map[string]string) error {
		t.Helper()
		value := func(s string) string {
			return anInput.ReplaceAllStringFunc(s, func(m string) string {
				name := anInput.FindStringSubmatch(m)[1]
				declared, ok := a.Inputs[name]
				if !ok {
					t.Errorf("action.yml uses the input %q, which it does not declare", name)
				}
				if v, ok := inputs[name]; ok {
					return v
				}
				return declared.Default
			})
		}
		clear(ran)
		for _, s := range a.Runs.Steps {
			if s.Uses != "" || !holds(s.If, inputs) {
				continue
			}
			script := s.Run
			if strings.Contains(script, "go install ") { // the program and the library are here
				script = "m2v runtime path"
			}
			if strings.Contains(script, "${{") {
				t.Errorf("step %q: an input within a script is code: hand it over in env", s.Name)
			}
			cmd := exec.CommandContext(t.Context(), s.Shell, "-e", "-o", "pipefail", "-c", script)
			cmd.Dir = dir
			cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + dir, "HF_HUB_OFFLINE=1",
				"M2V_ORT_LIB=" + runtimeLibrary(), "GITHUB_OUTPUT=" + filepath.Join(dir, "output")}
			for name, v := range s.Env {
				cmd.Env = append(cmd.Env, name+"="+value(v))
			}
			out, err := cmd.CombinedOutput()
			ran[s.Name] = string(out)
			if err != nil {
				return err
			}
		}
		return nil
	}
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	lines, err := filepath.Abs(filepath.Join(testenv.Root(), "testdata", "lines.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "bin", "m2v")); err != nil {
		t.Fatal(err)
	}
	inputs := map[string]string{"teacher": "testdata/tiny-bert", "texts": lines, "output": "my student", "data": "data", "arguments": "--pca-dims 64"}
	if err := run(inputs); err != nil {
		t.Fatalf("%v\n%v", err, ran)
	}
	if _, gate := ran["Hold the gate"]; gate {
		t.Error("a gate without a baseline was run")
	}
	output, err := os.ReadFile(filepath.Join(dir, "output"))
	if err != nil || string(output) != "model=my student\n" || !strings.Contains(ran["Distill"], "held out") {
		t.Errorf("output %q, %v; distill says %s", output, err, ran["Distill"])
	}
	scores, err := os.ReadFile(filepath.Join(dir, "scores.json"))
	if err != nil {
		t.Fatal(err)
	}
	inputs["baseline"] = "baseline.json"
	better := regexp.MustCompile(`"score":\s*[0-9.-]+`).ReplaceAllString(string(scores), `"score": 1000`)
	for _, tc := range []struct {
		baseline string
		holds    bool
	}{{string(scores), true}, {better, false}} {
		if err := os.WriteFile(filepath.Join(dir, "baseline.json"), []byte(tc.baseline), 0o600); err != nil {
			t.Fatal(err)
		}
		err := run(inputs)
		if (err == nil) != tc.holds || !strings.Contains(ran["Distill"], "up to date") {
			t.Errorf("the gate: %v, want it to hold: %v\n%v", err, tc.holds, ran)
		}
	}
}

// holds tells whether a step's condition, a conjunction of `inputs.NAME != ”`, is true of inputs.
func holds(condition string, inputs map[string]string) bool {
	for _, part := range strings.Split(condition, " && ") {
		if name, ok := strings.CutSuffix(strings.TrimPrefix(part, "inputs."), " != ''"); ok && inputs[name] == "" {
			return false
		}
	}
	return true
}
