package hub

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inFolder changes to a new folder for a test.
func inFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	return dir
}

// A mistyped path with a slash ended in a DNS error.
func TestFindSaysThatThereIsNoFolder(t *testing.T) {
	inFolder(t)
	h := newFakeHub(t, teacher())
	there, away, offline := h.config(t), h.config(t), h.config(t)
	away.Endpoint = "http://127.0.0.1:1"
	away.RetryWait = 1
	offline.Offline = true
	for _, c := range []struct {
		name   string
		config Config
		ref    string
		want   string
		kind   error
	}{
		{"no repository", there, "models/student", "models/student: no such folder here, and no such repository on the Hub", ErrRepo},
		{"no repository, one word", there, "student", "student: no such folder here, and no such repository on the Hub", ErrRepo},
		{"no connection", away, "models/student", "models/student: no such folder here, and the Hub cannot be asked: cannot reach 127.0.0.1:1", errUnreachable},
		{"offline", offline, "models/student", "models/student: no such folder here, and no such model in the Hub's cache", ErrOffline},
		{"a path", away, "./models/student", "./models/student: no such folder", nil},
	} {
		_, err := (Finder{Config: c.config}).Find(t.Context(), c.ref, "", TeacherFiles(""))
		var hint interface{ Hint() string }
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.As(err, &hint) || hint.Hint() == "" || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %q with a hint", c.name, err, c.want)
		}
	}
	// A failure of a repository that is there is told as it is.
	if _, err := (Finder{Config: there}).Find(t.Context(), "org/model", "no-branch", nil); !errors.Is(err, ErrRevision) || strings.Contains(err.Error(), "no such folder") {
		t.Errorf("a revision that is not there: %v", err)
	}
}

// A branch that was cached never moved.
func TestFindRefreshes(t *testing.T) {
	inFolder(t)
	h := newFakeHub(t, teacher())
	f := Finder{Config: h.config(t)}
	find := func() string {
		t.Helper()
		folder, err := f.Find(t.Context(), "org/model", "", TeacherFiles(""))
		if err != nil {
			t.Fatal(err)
		}
		return folder.Commit
	}
	first := find()
	files := teacher()
	files["config.json"] = `{"model_type":"bert","changed":true}`
	second := h.Push("main", files)
	if got := find(); got != first {
		t.Errorf("commit %s, want the cached %s", got, first)
	}
	f.Refresh = true
	if got := find(); got != second {
		t.Errorf("refreshed to %s, want %s", got, second)
	}
	f.Refresh = false
	if got := find(); got != second {
		t.Errorf("afterwards %s, want %s", got, second)
	}
}

func TestFindTakesFolders(t *testing.T) {
	dir := inFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "models", "student"), 0o755); err != nil {
		t.Fatal(err)
	}
	if folder, err := (Finder{}).Find(t.Context(), "models/student", "", nil); err != nil || folder.Dir != "models/student" || folder.Commit != "" {
		t.Errorf("%+v, %v", folder, err)
	}
	if _, err := (Finder{}).Find(t.Context(), "models/student", "main", nil); err == nil || !strings.Contains(err.Error(), "has no revisions") {
		t.Errorf("%v", err)
	}
}
