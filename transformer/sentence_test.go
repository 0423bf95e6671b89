package transformer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
)

// sentenceCase is a teacher of testdata/sentence, as gen/sentence_teachers.py made it.
type sentenceCase struct {
	Name     string
	Backbone string
	Files    map[string]json.RawMessage
	Options  struct {
		Prompt     *string
		PromptName string `json:"prompt_name"`
	}
	Dim   int
	Error string // sentence-transformers does not load it
}

// What m2v refuses and sentence-transformers does not. Each is named, and nothing else
// is refused.
var refusedHere = map[string]string{}

// Texts' vectors are those of sentence-transformers 6.2's encode, for every kind of
// module, pooling, activation, limit, prompt, casing and tokenizer class.
func TestSentenceTransformers(t *testing.T) {
	orttest.Start(t) // or skip all of it
	root := filepath.Join(testenv.Root(), "testdata", "sentence")
	var all struct {
		Texts []string
		Cases []sentenceCase
	}
	data, err := os.ReadFile(filepath.Join(root, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "vectors.bin"))
	if err != nil {
		t.Fatal(err)
	}
	vectors := floats(raw)
	equal, ran := 0, 0
	for _, c := range all.Cases {
		n := len(all.Texts) * c.Dim
		want := vectors[:n]
		vectors = vectors[n:]
		t.Run(c.Name, func(t *testing.T) {
			ran++
			got, err := c.encode(t, root, "", all.Texts)
			if graph := "onnx/model_positions.onnx"; err == nil && c.has(root, graph) { // the same, and asks for position_ids
				byPosition, err := c.encode(t, root, graph, all.Texts)
				if err != nil {
					t.Fatal(err)
				}
				if worst := worstDifference(t, byPosition.Data, got.Data); worst > 1e-6 {
					t.Errorf("a graph with position_ids is off by %g%s", worst, rowsOff(byPosition, got.Data, all.Texts))
				}
			}
			switch {
			case c.Error != "" && err == nil:
				t.Errorf("encoded, and sentence-transformers refuses: %s", c.Error)
			case err != nil && c.Error == "" && (refusedHere[c.Name] == "" || !strings.Contains(err.Error(), refusedHere[c.Name])):
				t.Errorf("refused: %v", err)
			case err == nil && got.Cols != c.Dim:
				t.Errorf("got %d dimensions, want %d", got.Cols, c.Dim)
			case err == nil:
				if worst := worstDifference(t, got.Data, want); worst > 1e-5 {
					t.Errorf("off by %g, want at most 1e-5%s", worst, rowsOff(got, want, all.Texts))
				}
				equal++
			}
		})
	}
	if ran == len(all.Cases) && equal < 200 || len(vectors) != 0 {
		t.Errorf("%d teachers are equal, want 200 at least; %d values are left", equal, len(vectors))
	}
}

// rowsOff names the texts that are off.
func rowsOff(got *matrix.Matrix, want []float32, texts []string) (off string) {
	for i, text := range texts {
		for j, v := range got.Row(i) {
			if math.Abs(float64(v)-float64(want[i*got.Cols+j])) > 1e-5 {
				off += fmt.Sprintf("\n%.30q", text)
				break
			}
		}
	}
	return off
}

func (c sentenceCase) has(root, name string) bool {
	_, err := os.Stat(filepath.Join(root, "backbones", c.Backbone, filepath.FromSlash(name)))
	return err == nil
}

// encode writes the case's folder and encodes texts from it, by a graph of that name.
func (c sentenceCase) encode(t *testing.T, root, graph string, texts []string) (*matrix.Matrix, error) {
	dir := t.TempDir()
	c.write(t, root, dir)
	teacher, err := Open(orttest.Start(t), dir, Options{ONNXFile: graph})
	if err != nil {
		return nil, err
	}
	defer teacher.Close()
	o := EncodeOptions{PromptName: c.Options.PromptName}
	if p := c.Options.Prompt; p != nil {
		o.Prompt, o.NoPrompt = *p, *p == ""
	}
	e, err := teacher.NewEncoder(nil, o)
	if err != nil {
		return nil, err
	}
	return encode(t, e, texts...), nil
}

func (c sentenceCase) write(t *testing.T, root, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "backbones", c.Backbone))); err != nil {
		t.Fatal(err)
	}
	for name, value := range c.Files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if string(value) == "null" {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			continue
		}
		var weights string
		if json.Unmarshal(value, &weights) == nil {
			var err error
			if value, err = os.ReadFile(filepath.Join(root, "weights", strings.TrimPrefix(weights, "@"))); err != nil {
				t.Fatal(err)
			}
		} else {
			value = changed(t, path, value)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, value, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// changed returns the file's content for a value of cases.json: the value, or what its
// "+" and "-" make of the backbone's file.
func changed(t *testing.T, path string, value json.RawMessage) []byte {
	t.Helper()
	var change, set map[string]json.RawMessage
	if json.Unmarshal(value, &change) != nil || change["+"] == nil {
		return value
	}
	var gone []string
	if err := errors.Join(json.Unmarshal(change["+"], &set), json.Unmarshal([]byte(cmp.Or(string(change["-"]), "[]")), &gone)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if slices.Contains(gone, name) {
			delete(fields, name)
		}
	}
	for name, v := range set {
		fields[name] = v
	}
	if data, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	return data
}
