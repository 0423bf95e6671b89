package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// put makes a folder with one file that says what it is.
func put(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, configFile), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func says(t *testing.T, dir, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, configFile))
	if err != nil || string(got) != want {
		t.Errorf("the target says %q, %v, want %q", got, err, want)
	}
}

func entries(t *testing.T, dir string) int {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestExchanges: in one step where the system can, and in two.
func TestExchanges(t *testing.T) {
	for name, do := range map[string]func(s *stage, target string) error{
		"one step":  func(s *stage, target string) error { return s.commit(target, Options{Force: true}) },
		"two steps": (*stage).exchangeInSteps,
	} {
		parent := t.TempDir()
		target := filepath.Join(parent, "model")
		put(t, target, "old")
		s, err := newStage(parent)
		if err != nil {
			t.Fatal(err)
		}
		put(t, s.model(), "new")
		if err := do(s, target); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.remove()
		says(t, target, "new")
		if n := entries(t, parent); n != 1 {
			t.Errorf("%s: %d entries beside the target", name, n)
		}
	}
}

// TestKilledBetweenTwoSteps: the next run puts the old folder back.
func TestKilledBetweenTwoSteps(t *testing.T) {
	parent := t.TempDir()
	target := filepath.Join(parent, "model")
	dead := &stage{path: filepath.Join(parent, ".m2v-stage-00000001")}
	put(t, dead.old(), "old")
	put(t, dead.model(), "new")
	if err := os.WriteFile(dead.note(), []byte("model"), 0o666); err != nil {
		t.Fatal(err)
	}
	sweep(parent)
	says(t, target, "old")
	if n := entries(t, parent); n != 1 {
		t.Errorf("%d entries beside the target", n)
	}

	// Killed after the second step, the old folder is only litter.
	put(t, dead.old(), "older")
	if err := os.WriteFile(dead.note(), []byte("model"), 0o666); err != nil {
		t.Fatal(err)
	}
	sweep(parent)
	says(t, target, "old")
	if n := entries(t, parent); n != 1 {
		t.Errorf("%d entries beside the target", n)
	}
}

// TestSweep: litter goes, what is alive or not ours stays.
func TestSweep(t *testing.T) {
	parent := t.TempDir()
	alive, err := newStage(parent)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(parent, ".m2v-stage-0123abcd", "model"), "litter")
	put(t, filepath.Join(parent, ".m2v-dead-0123abcd", "model"), "litter")
	put(t, filepath.Join(parent, ".m2v-stage-mine"), "not ours")
	put(t, filepath.Join(parent, "m2v-stage-0123abcd"), "not ours")
	sweep(parent)
	if n := entries(t, parent); n != 3 {
		t.Errorf("%d entries are left, want 3", n)
	}
	if _, err := os.Stat(alive.model()); err != nil {
		t.Errorf("a live run's stage: %v", err)
	}
	alive.remove()
	if n := entries(t, parent); n != 2 {
		t.Errorf("%d entries are left, want 2", n)
	}
}

func TestYAMLStrings(t *testing.T) {
	for in, want := range map[string]string{
		"BAAI/bge-small-en-v1.5": "BAAI/bge-small-en-v1.5",
		"en":                     "en",
		"no":                     `"no"`, // Norwegian, not false
		"mit":                    "mit",
		"a: b":                   `"a: b"`,
		"1.5":                    `"1.5"`,
		"":                       `""`,
		"- \"x\"\n":              `"- \"x\"\n"`,
	} {
		if got := yamlString(in); got != want {
			t.Errorf("yamlString(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestSecondStepFails: the old folder comes back at once.
func TestSecondStepFails(t *testing.T) {
	parent := t.TempDir()
	target := filepath.Join(parent, "model")
	put(t, target, "old")
	s, err := newStage(parent)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.model()); err != nil {
		t.Fatal(err)
	}
	if err := s.exchangeInSteps(target); err == nil {
		t.Error("no error, and nothing to put in the target's place")
	}
	s.remove()
	says(t, target, "old")
}

// TestRenameNew: what exists is never replaced, with the system's call and
// without it.
func TestRenameNew(t *testing.T) {
	for name, rename := range map[string]func(from, to string) error{"call": renameNew, "check": renameUnlessExists} {
		parent := t.TempDir()
		from, to := filepath.Join(parent, "from"), filepath.Join(parent, "to")
		put(t, from, "new")
		if err := os.Mkdir(to, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := rename(from, to); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: error %v, want that it exists", name, err)
		}
		if err := os.Remove(to); err != nil {
			t.Fatal(err)
		}
		if err := rename(from, to); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		says(t, to, "new")
	}
}
