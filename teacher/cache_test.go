package teacher

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/cachekey"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

func TestRowCacheKeepsRows(t *testing.T) {
	c := RowCache{Dir: t.TempDir()}
	rows := &matrix.Matrix{Rows: 2, Cols: 3, Data: []float32{1, -2.5, 0, 4, 5, 1e-30}}
	if err := c.Store("abcd", rows, []string{"one", "two"}); err != nil {
		t.Fatal(err)
	}
	got, warnings, err := c.Load("abcd", 2)
	if err != nil || !slices.Equal(warnings, []string{"one", "two"}) {
		t.Fatalf("warnings %q, error %v", warnings, err)
	}
	if got.Rows != 2 || got.Cols != 3 || !slices.Equal(got.Data, rows.Data) {
		t.Errorf("got %v, want %v", got, rows)
	}
}

// A run that was killed, or a disk that lies, must not become a student.
func TestRowCacheRefusesDamage(t *testing.T) {
	rows := &matrix.Matrix{Rows: 2, Cols: 3, Data: make([]float32, 6)}
	for name, damage := range map[string]func([]byte) []byte{
		"a bit":    func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"cut":      func(b []byte) []byte { return b[:len(b)-4] },
		"empty":    func([]byte) []byte { return nil },
		"no file":  func([]byte) []byte { return []byte("hello") },
		"a header": func(b []byte) []byte { return bytes.Replace(b, []byte("[2,3]"), []byte("[9,9]"), 1) },
	} {
		c := RowCache{Dir: t.TempDir()}
		if err := c.Store("abcd", rows, []string{"one", "two"}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(c.path("abcd"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path("abcd"), damage(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Load("abcd", 2); err == nil || !strings.HasPrefix(err.Error(), c.path("abcd")) {
			t.Errorf("%s: got error %v, want one that names the file", name, err)
		}
		if _, err := os.Stat(c.path("abcd")); !os.IsNotExist(err) {
			t.Errorf("%s: the file is still there (%v)", name, err)
		}
	}
	c := RowCache{Dir: t.TempDir()}
	if err := c.Store("abcd", rows, []string{"one", "two"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Load("abcd", 3); err == nil || !strings.Contains(err.Error(), "not the rows of 3 tokens") {
		t.Errorf("rows of another vocabulary: got error %v", err)
	}
	if _, _, err := c.Load("none", 2); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no rows: got error %v", err)
	}
}

// Whatever changes rows changes their key, and nothing else does.
func TestRowKeys(t *testing.T) {
	read := func(change func(p *Teacher)) *Teacher {
		p := &Teacher{Options: DefaultOptions(), Info: &transformer.Info{}, SHA256: map[string]string{"onnx/model.onnx": "1", "tokenizer.json": "2"}}
		p.Vocabulary = &vocab.Vocabulary{IDs: [][]int{{1, 5, 2}, {1, 6, 2}}}
		change(p)
		return p
	}
	key := func(change func(p *Teacher)) string { return read(change).RowsKey("1.27.0") }
	base := key(func(*Teacher) {})
	if read(func(*Teacher) {}).RowsKey(runtime.Engine{Version: "1.27.0", Provider: runtime.CUDA}.String()) == base || read(func(*Teacher) {}).RowsKey(runtime.Engine{Version: "1.27.0", Provider: runtime.CPU}.String()) != base {
		t.Error("another provider changes no key, or the CPU does")
	}
	for name, change := range map[string]func(p *Teacher){
		"the graph":    func(p *Teacher) { p.SHA256["onnx/model.onnx"] = "3" },
		"its data":     func(p *Teacher) { p.SHA256["onnx/model.onnx_data"] = "3" },
		"the ids":      func(p *Teacher) { p.Vocabulary.IDs[1][1] = 7 },
		"their places": func(p *Teacher) { p.Vocabulary.IDs = [][]int{{1, 5}, {2, 1, 6, 2}} },
		"the pooling":  func(p *Teacher) { p.Options.Pooling = transformer.First },
		"the frame":    func(p *Teacher) { p.Vocabulary.SpecialTokens.BOS = []int{1} },
		"the batch":    func(p *Teacher) { p.Options.BatchSize = 8 },
		"the padding":  func(p *Teacher) { p.Vocabulary.TeacherPadID = 1 },
		"the source":   func(p *Teacher) { p.Options.Source = transformer.Input },
	} {
		if key(change) == base {
			t.Errorf("%s changes no key", name)
		}
	}
	for name, change := range map[string]func(p *Teacher){
		"the tokenizer's file": func(p *Teacher) { p.SHA256["tokenizer.json"] = "3" },
		"the user's words":     func(p *Teacher) { p.WordsSHA256 = "4" },
	} {
		if key(change) != base {
			t.Errorf("%s changes the key", name)
		}
	}
	p := read(func(*Teacher) {})
	if p.PassKey("1.27.0") == p.PassKey("1.26.0") {
		t.Error("the runtime's version changes no key")
	}
	// A program that makes other rows may not take those of the one before.
	for _, p := range []*Teacher{p, read(func(p *Teacher) { p.Options.Source = transformer.Input })} {
		if p.rowsKey(cachekey.Engine{Program: "1"}) == p.rowsKey(cachekey.Engine{Program: "2"}) {
			t.Error("the program's version changes no key")
		}
	}
}
