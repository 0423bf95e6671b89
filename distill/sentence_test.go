package distill_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// sentenceStudent is what model2vec 0.10.0 makes of a teacher of testdata/sentence, by
// gen/sentence_students.py.
type sentenceStudent struct {
	Name     string
	Backbone string
	Config   json.RawMessage // tokenizer_config.json; null for none
	Tokens   []string
	IDs      [][]int // of the texts, by the student's tokenizer
}

// Where students are not compared, by the case, and why.
var studentDiffers = map[string]string{
	"tokenizer_config {'cls_token': '<mask>'} without [], roberta": "the reference prunes <s> and renumbers, so that </s> has the id that RoBERTa takes for padding",
}

// Students of teachers whose tokenizer_config.json changes their tokenizer have the
// reference's tokens, rows and ids of texts.
func TestSentenceStudents(t *testing.T) {
	root := filepath.Join(testenv.Root(), "testdata", "sentence")
	var cases struct{ Texts []string }
	readJSONFile(t, filepath.Join(root, "cases.json"), &cases)
	var students []sentenceStudent
	readJSONFile(t, filepath.Join(root, "students.json"), &students)
	raw, err := os.ReadFile(filepath.Join(root, "students.bin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range students {
		n := len(s.Tokens) * 8
		want := make([]float32, n)
		for i := range want {
			want[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		raw = raw[4*n:]
		t.Run(s.Name, func(t *testing.T) {
			if why := studentDiffers[s.Name]; why != "" {
				t.Skip(why)
			}
			s.check(t, filepath.Join(root, "backbones", s.Backbone), cases.Texts, want)
		})
	}
	if len(raw) != 0 {
		t.Errorf("%d bytes of rows are left", len(raw))
	}
}

func (s sentenceStudent) check(t *testing.T, dir string, texts []string, want []float32) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	config := []byte(s.Config)
	if string(config) == "null" {
		config = nil
	}
	model, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.ApplyConfig(config, model); err != nil {
		t.Fatal(err)
	}
	before := file.Model
	o := vocab.DefaultOptions()
	if o.Special, err = vocab.ParseSpecial(config, nil); err != nil {
		t.Fatal(err)
	}
	v, err := vocab.Build(file, o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(v.Tokens, s.Tokens) {
		t.Fatalf("got %d tokens %.300q, want %d %.300q", len(v.Tokens), v.Tokens, len(s.Tokens), s.Tokens)
	}
	rows := embed(t, dir, v, transformer.Mean)
	worst := 0.0
	for i, x := range rows.Data {
		worst = max(worst, math.Abs(float64(x)-float64(want[i])))
	}
	if !(worst <= 1e-4) {
		t.Errorf("rows are off by %g, want at most 1e-4", worst)
	}
	tok, err := tokenizer.New(v.File)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		ids := tok.AppendIDs(nil, text)
		got := make([]int, len(ids))
		for k, id := range ids {
			got[k] = int(id)
		}
		want := slices.Clone(s.IDs[i])
		for k := range min(len(got), len(want)) {
			if stale := unigramUnk(before); want[k] == stale && got[k] == v.UnkID {
				want[k] = v.UnkID
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%.30q: got ids %v, want %v", text, got, want)
		}
	}
}

// unigramUnk returns the unk_id of a teacher, -1 of another model: the reference does not
// renumber it, so that its students have the teacher's id where a character is unknown.
func unigramUnk(m tokenizer.Model) int {
	token, ok := m.Unk()
	if e, found := m.Find(token); ok && found && m.Kind == tokenizer.Unigram {
		return e.ID
	}
	return -1
}

func readJSONFile(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}
