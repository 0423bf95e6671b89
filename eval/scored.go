package eval

import (
	"slices"
	"strings"
)

// A Scored is a model by name and its results, with what follows from them.
type Scored struct {
	Model    string        `json:"model"`
	Tasks    []Result      `json:"tasks"`
	Columns  []ColumnScore `json:"columns"`
	Averages []Average     `json:"averages"`
}

// NewScored returns the results of a model.
func NewScored(model string, r *Results) Scored {
	return Scored{model, r.Tasks, r.Columns(), r.Averages()}
}

// Scores are those of models on the same tasks: what m2v eval --json prints.
type Scores struct {
	Models []Scored `json:"models"`
	// Missing are the data sets of the official lists that no model was scored on, by the
	// name of the average over all columns. Those of a model's own averages are left out.
	Missing map[string][]string `json:"missing"`
}

// NewScores returns the scores of models, at least one, on the same tasks.
func NewScores(models []Scored) Scores {
	out := Scores{Models: slices.Clone(models), Missing: map[string][]string{}}
	for _, a := range Coverage(models) {
		if strings.HasPrefix(a.Name, "AvgAll") || a.Name == MultilingualFormulas[0].Name {
			out.Missing[a.Name] = append([]string{}, a.Missing...)
		}
	}
	for i := range out.Models {
		m := &out.Models[i]
		m.Averages = slices.Clone(m.Averages)
		for k := range m.Averages {
			m.Averages[k].Missing = nil
		}
	}
	return out
}

// Failed returns the number of tasks without a score.
func (s Scored) Failed() int { return (&Results{Tasks: s.Tasks}).Failed() }

// Scores returns the columns and whole averages by name, per cent. A column in which a
// task failed is not there.
func (s Scored) Scores() map[string]float64 {
	out := map[string]float64{}
	for _, c := range s.Columns {
		if c.Failed == 0 {
			out[c.Name()] = c.Score
		}
	}
	for _, a := range s.Averages {
		if a.Whole {
			out[a.Name] = a.Score
		}
	}
	return out
}

// Speed returns the texts a second that the model encoded, 0 if there were none. Vectors that
// were kept count, and are quick: see Result.EncodeSeconds.
func (s Scored) Speed() float64 {
	texts, seconds := 0, 0.0
	for _, t := range s.Tasks {
		texts += t.Encoded
		seconds += t.EncodeSeconds
	}
	if seconds == 0 {
		return 0
	}
	return float64(texts) / seconds
}

// Coverage returns each average as that of the models has it which covers most of the
// official list: a model whose tasks failed covers less. models are scored on the same
// tasks; at least one is.
func Coverage(models []Scored) []Average {
	out := slices.Clone(models[0].Averages)
	for i := range out {
		for _, s := range models[1:] {
			if s.Averages[i].Have > out[i].Have {
				out[i] = s.Averages[i]
			}
		}
	}
	return out
}

// A Difference is what two models score on a data set, in a column or on average, per
// cent; nil where a task failed.
type Difference struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // "task", "column" or "average"
	A          *float64 `json:"a"`
	B          *float64 `json:"b"`
	Difference *float64 `json:"difference"` // B − A, in points
}

func newDifference(name, kind string, a, b *float64) Difference {
	d := Difference{Name: name, Kind: kind, A: a, B: b}
	if a != nil && b != nil {
		points := *b - *a
		d.Difference = &points
	}
	return d
}

// Differences compares two models that were scored on the same tasks: each task, then
// columns, then averages. failed is the number of tasks that failed for either.
func Differences(a, b Scored) (out []Difference, failed int) {
	for i := range a.Tasks {
		out = append(out, newDifference(a.Tasks[i].Task, "task", a.Tasks[i].score(), b.Tasks[i].score()))
		if a.Tasks[i].Failed() || b.Tasks[i].Failed() {
			failed++
		}
	}
	first, second := a.Scores(), b.Scores()
	named := func(name, kind string) {
		x, inA := first[name]
		y, inB := second[name]
		switch {
		case inA && inB:
			out = append(out, newDifference(name, kind, &x, &y))
		case failed > 0: // else there is none: extra data sets are in no mean
			out = append(out, newDifference(name, kind, nil, nil))
		}
	}
	for _, c := range a.Columns {
		named(c.Name(), "column")
	}
	for _, average := range a.Averages {
		named(average.Name, "average")
	}
	return out, failed
}

// score returns the task's score, nil if it failed.
func (r Result) score() *float64 {
	if r.Failed() {
		return nil
	}
	return &r.Score
}
