package eval_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/matrix"
)

// knows has a vector for each of its texts, and no other.
type knows []string

func (knows) Dims() int { return 1 }

func (k knows) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		if !slices.Contains(k, text) {
			return &eval.TextError{Index: i, Err: errors.New("no vector of " + text)}
		}
		dst.Row(i)[0] = float32(len(text))
	}
	return nil
}

func TestTexts(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "wordsim", "men.tsv")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("cat\tdog\t9\ndog\tzebra\t1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tasks, err := eval.Tasks(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	err = eval.Texts(t.Context(), tasks, eval.DefaultSeed, func(text string) error {
		list = append(list, text)
		return nil
	})
	if want := []string{"cat", "dog", "zebra"}; err != nil || !slices.Equal(list, want) {
		t.Errorf("texts %q, %v; want %q", list, err, want)
	}
	full := errors.New("disk full")
	if err := eval.Texts(t.Context(), tasks, eval.DefaultSeed, func(string) error { return full }); !errors.Is(err, full) {
		t.Errorf("the error of yield is lost: %v", err)
	}

	// A system that lacks a text fails the task with the text's file and line.
	r, err := eval.Run(t.Context(), knows{"cat", "dog"}, tasks, eval.Options{})
	if err != nil || !strings.HasSuffix(r.Tasks[0].Err, "wordsim/men.tsv:2: no vector of zebra") {
		t.Errorf("%v, %v", r, err)
	}
}
