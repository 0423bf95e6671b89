package tokenlearn

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/static"
)

// checkpointOf trains one epoch and returns the checkpoint's file, parsed.
func checkpointOf(t testing.TB, start *static.Model, c *corpus, o Options) (*tensors.File, map[string]string) {
	t.Helper()
	o.Checkpoint, o.CheckpointSteps = filepath.Join(t.TempDir(), "checkpoint"), 1
	if _, err := Train(t.Context(), start, -1, c, o, Watch{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(o.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	file, err := tensors.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	words, err := file.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	return file, words
}

// resumed trains on from a checkpoint of the tensors of file, whose norms are cut to so
// many bytes, and state.
func resumed(t testing.TB, start *static.Model, c *corpus, o Options, file *tensors.File, madeOf, state string, norms int) error {
	t.Helper()
	list := map[string]tensors.Tensor{}
	for _, name := range file.Names() {
		list[name], _ = file.Tensor(name)
	}
	n := list["norms"]
	n.Data = n.Data[:min(norms, len(n.Data)/4)*4]
	n.Shape = []int{len(n.Data) / 4}
	list["norms"] = n
	var out bytes.Buffer
	if err := tensors.Write(&out, list, map[string]string{madeOfKey: madeOf, stateKey: state}); err != nil {
		return err
	}
	o.Checkpoint, o.Resume, o.CheckpointSteps = filepath.Join(t.TempDir(), "checkpoint"), true, 0
	if err := os.WriteFile(o.Checkpoint, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Train(t.Context(), start, -1, c, o, Watch{})
	return err
}

// FuzzCheckpoint: whatever a checkpoint says of where the training is, going on from it
// ends in an error or in rows.
func FuzzCheckpoint(f *testing.F) {
	start, err := static.Open(filepath.Join("..", "static", "testdata", "float32"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { start.Close() })
	c, o := newCorpus(40, 4), quick()
	o.Epochs = 2
	file, words := checkpointOf(f, start, c, o)
	rows := start.Table().Rows
	f.Add(words[stateKey], uint16(rows))
	f.Add(words[stateKey], uint16(rows-1))
	f.Add(strings.ReplaceAll(words[stateKey], `"Done":`, `"Done":-`), uint16(rows))
	f.Fuzz(func(t *testing.T, state string, norms uint16) {
		_ = resumed(t, start, c, o, file, words[madeOfKey], state, int(norms))
	})
}

func TestCheckpointRefuses(t *testing.T) {
	start, c, o := openStart(t), newCorpus(40, 4), quick()
	o.Epochs = 2
	file, words := checkpointOf(t, start, c, o)
	rows := start.Table().Rows
	for _, one := range []struct {
		state string
		norms int
		want  string
	}{
		{`{"loop":{"Done":-1}}`, rows, "example -1 of 40"},
		{`{"loop":{"Done":41}}`, rows, "example 41 of 40"},
		{`{"loop":{"Result":{"Steps":-1}}}`, rows, "step -1"},
		{`{"loop":{"Result":{"Steps":3000000000}}}`, rows, "step 3000000000"},
		{`{"loop":{"Result":{"Epochs":-1}}}`, rows, "epoch -1"},
		{`[]`, rows, "not a checkpoint of tokenlearn"},
		{words[stateKey], rows - 1, "tensor norms has"},
	} {
		err := resumed(t, start, c, o, file, words[madeOfKey], one.state, one.norms)
		if err == nil || !strings.Contains(err.Error(), one.want) || !strings.Contains(err.Error(), "resume from") {
			t.Errorf("%s: %v, want %q", one.state, err, one.want)
		}
	}
	if err := resumed(t, start, c, o, file, words[madeOfKey], words[stateKey], rows); err != nil {
		t.Errorf("the checkpoint as it was: %v", err)
	}
}
