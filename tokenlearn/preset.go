package tokenlearn

import (
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/teacher"
)

// A Preset is the size of a potion model.
type Preset struct {
	Name      string
	Dims      int // D
	VocabSize int // words beside the teacher's vocabulary
}

// Presets are the published potion models, whose teacher is bge-base-en-v1.5.
var Presets = []Preset{{"2M", 64, 0}, {"4M", 128, 0}, {"8M", 256, 0}, {"32M", 512, 56_000}}

// FindPreset returns the preset of a name.
func FindPreset(name string) (Preset, error) {
	var names []string
	for _, p := range Presets {
		if strings.EqualFold(p.Name, name) {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, fmt.Errorf("%q is not one of %s", name, strings.Join(names, ", "))
}

// DefaultRecipe is the preset 8M, stored as float32. The rows of teachers are not cached.
func DefaultRecipe() Recipe {
	o := distill.DefaultOptions()
	o.Dims, o.Type = pca.Dims{Mode: pca.Count, Count: 256}, matrix.Float32
	return Recipe{Start: Distilled, Student: o, Train: DefaultOptions(), Rows: teacher.RowCache{}}
}

// Set makes r a recipe of the preset's size.
func (r *Recipe) Set(p Preset) {
	r.Student.Dims, r.VocabSize = pca.Dims{Mode: pca.Count, Count: p.Dims}, p.VocabSize
}
