package tokenlearn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
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
	stateKey  = "state"   // JSON: position
)

// position is where a training is.
type position struct {
	Loop learn.LoopState `json:"loop"`
	Stop learn.StopState `json:"stop"`
}

// values are what the optimisers remember, by the names of their tensors. They alias the
// model. All optimisers have done as many steps.
func (m *model) values() map[string][]float32 {
	list := map[string][]float32{}
	for name, s := range map[string]learn.TableState{"directions": m.directions.State(), "norms": m.norms.State()} {
		list[name], list[name+".m"], list[name+".v"], list[name+".best"] = s.Rows, s.M, s.V, s.Restored
	}
	s := m.dense.State()
	for i := range s.Params {
		name := fmt.Sprint("head.", i)
		list[name], list[name+".m"], list[name+".v"], list[name+".best"] = s.Params[i], s.M[i], s.V[i], s.Restored[i]
	}
	return list
}

// goOn makes the optimisers go on after so many steps, with the values that were filled.
func (m *model) goOn(steps int) {
	directions, norms, dense := m.directions.State(), m.norms.State(), m.dense.State()
	directions.Steps, norms.Steps, dense.Steps = steps, steps, steps
	m.directions.SetState(directions)
	m.norms.SetState(norms)
	m.dense.SetState(dense)
}

// save writes a checkpoint to the file path.
func (m *model) save(path string, madeOf map[string]string, p position) error {
	list := map[string]tensors.Tensor{}
	for name, values := range m.values() {
		list[name] = tensors.FromFloat32s(values)
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
func (m *model) load(path string, madeOf map[string]string) (position, error) {
	state, err := m.read(path, madeOf)
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.Hint(err, "leave out --resume to start from the beginning")
	}
	if err != nil {
		return position{}, fault.Hint(fmt.Errorf("tokenlearn: resume from %s: %w", path, files.Bare(err)), "leave out --resume to start again, or give the settings and texts that the checkpoint was made with")
	}
	return state, nil
}

func (m *model) read(path string, madeOf map[string]string) (position, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return position{}, err
	}
	file, err := tensors.Parse(data)
	if err != nil {
		return position{}, err
	}
	words, err := file.Metadata()
	if err != nil {
		return position{}, err
	}
	var there map[string]string
	var p position
	if err := errors.Join(json.Unmarshal([]byte(words[madeOfKey]), &there), json.Unmarshal([]byte(words[stateKey]), &p)); err != nil {
		return position{}, errors.New("not a checkpoint of tokenlearn")
	}
	for _, name := range slices.Sorted(maps.Keys(madeOf)) {
		if there[name] != madeOf[name] {
			return position{}, fmt.Errorf("it belongs to another training: %s is %q there and %q here", name, there[name], madeOf[name])
		}
	}
	if l := p.Loop; l.Done < 0 || l.Done > m.x.len() || l.Result.Epochs < 0 || l.Result.Steps < 0 || l.Result.Steps > math.MaxInt32/2 {
		return position{}, fmt.Errorf("its position is impossible: step %d, epoch %d, example %d of %d", l.Result.Steps, l.Result.Epochs, l.Done, m.x.len())
	}
	for name, values := range m.values() {
		t, _ := file.Tensor(name)
		got, err := t.Float32s()
		if err != nil || len(got) != len(values) {
			return position{}, fmt.Errorf("tensor %s has %d values, want %d", name, len(got), len(values))
		}
		copy(values, got)
	}
	m.goOn(p.Loop.Result.Steps)
	return p, nil
}
