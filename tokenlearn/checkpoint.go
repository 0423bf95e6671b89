package tokenlearn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/learn"
)

// A checkpoint is a safetensors file: a tensor for each list of values, and two strings.
const (
	madeOfKey = "made_of" // JSON: what decides the training, by name
	stateKey  = "state"   // JSON: learn.State, and the optimisers' steps
)

// kept are the optimisers, by the names of their tensors.
func (m *model) kept() map[string]learn.Kept {
	return map[string]learn.Kept{"directions": m.directions.Kept(), "norms": m.norms.Kept(), "head": m.dense.Kept()}
}

// position is the JSON of stateKey.
type position struct {
	learn.State
	Steps map[string]int `json:"steps"`
}

// save writes a checkpoint to the file path.
func (m *model) save(path string, madeOf map[string]string, s learn.State) error {
	p := position{s, map[string]int{}}
	list := map[string]tensors.Tensor{}
	for name, k := range m.kept() {
		p.Steps[name] = *k.Steps
		for i, values := range k.Values {
			list[fmt.Sprintf("%s.%d", name, i)] = tensors.FromFloat32s(values)
		}
	}
	state, err := json.Marshal(p)
	if err != nil {
		return err
	}
	made, err := json.Marshal(madeOf)
	if err != nil {
		return err
	}
	return files.Write(path, func(w io.Writer) error {
		return tensors.Write(w, list, map[string]string{madeOfKey: string(made), stateKey: string(state)})
	})
}

// load reads a checkpoint that save wrote of an equal model.
func (m *model) load(path string, madeOf map[string]string) (learn.State, error) {
	state, err := m.read(path, madeOf)
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.Hint(err, "leave --resume out to begin")
	}
	if err != nil {
		return learn.State{}, fault.Hint(fmt.Errorf("tokenlearn: resume from %s: %w", path, files.Bare(err)), "begin anew without --resume, or give the switches and texts that the checkpoint was made with")
	}
	return state, nil
}

func (m *model) read(path string, madeOf map[string]string) (learn.State, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return learn.State{}, err
	}
	file, err := tensors.Parse(data)
	if err != nil {
		return learn.State{}, err
	}
	words, err := file.Metadata()
	if err != nil {
		return learn.State{}, err
	}
	var there map[string]string
	var p position
	if err := errors.Join(json.Unmarshal([]byte(words[madeOfKey]), &there), json.Unmarshal([]byte(words[stateKey]), &p)); err != nil {
		return learn.State{}, errors.New("not a checkpoint of tokenlearn")
	}
	for _, name := range slices.Sorted(maps.Keys(madeOf)) {
		if there[name] != madeOf[name] {
			return learn.State{}, fmt.Errorf("another training: %s is %q there and %q here", name, there[name], madeOf[name])
		}
	}
	for name, k := range m.kept() {
		*k.Steps = p.Steps[name]
		for i, values := range k.Values {
			t, _ := file.Tensor(fmt.Sprintf("%s.%d", name, i))
			got, err := t.Float32s()
			if err != nil || len(got) != len(values) {
				return learn.State{}, fmt.Errorf("tensor %s.%d has %d values, want %d", name, i, len(got), len(values))
			}
			copy(values, got)
		}
	}
	m.directions.Filled()
	m.norms.Filled()
	return p.State, nil
}
