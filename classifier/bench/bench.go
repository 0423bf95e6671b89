package bench

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/matrix"
)

// System is a way to make a classifier.
type System struct {
	Name    string
	Base    classifier.Base
	Options classifier.Options // Seed is the table's
	// Published is the mean of the published table; 0 if it has none. It is shown beside a
	// mean over the data sets of that table alone, never beside one over part of them.
	Published float64
}

// Options say what a table is over. Begin with DefaultOptions.
type Options struct {
	Examples int // training texts of a data set
	Seeds    int // draws: 0, 1 … Seeds−1
	// Tell is told of each training, and may be nil.
	Tell func(set, system string, seed int, s *classifier.Scores)
}

// DefaultOptions are the published table's thousand texts, three times.
func DefaultOptions() Options { return Options{Examples: 1000, Seeds: 3} }

// Table is the result.
type Table struct {
	Examples int      `json:"examples"`
	Seeds    int      `json:"seeds"`
	Sets     []string `json:"sets"`
	Systems  []Row    `json:"systems"`
}

// Row is a system's scores, in per cent.
type Row struct {
	System    string  `json:"system"`
	Mean      float64 `json:"mean"` // weighted F1 over the data sets
	Accuracy  float64 `json:"accuracy"`
	Spread    float64 `json:"spread"` // standard deviation of the mean over the seeds
	Published float64 `json:"published,omitempty"`
	// TrainRate and TestRate are texts a second, over the first seed of all data sets: of
	// the training set through a whole training, of the test set through the classifier.
	TrainRate float64 `json:"train_texts_per_second"`
	TestRate  float64 `json:"test_texts_per_second"`
	Cells     []Cell  `json:"cells"`
}

// Cell is a system's scores on a data set, in per cent.
type Cell struct {
	Set      string    `json:"set"`
	F1       []float64 `json:"weighted_f1"` // by seed
	Accuracy []float64 `json:"accuracy"`
	Mean     float64   `json:"mean"` // of the weighted F1
	Spread   float64   `json:"spread"`
	C        []float64 `json:"c,omitempty"` // by seed

	trained, tested      int
	trainTime, checkTime time.Duration
}

// Run trains and scores every system on every data set.
func Run(ctx context.Context, systems []System, sets []Set, o Options) (*Table, error) {
	if o.Examples < 2 || o.Seeds < 1 || len(systems) == 0 || len(sets) == 0 {
		return nil, fmt.Errorf("bench: too few: %d systems, %d data sets, %d texts, %d seeds", len(systems), len(sets), o.Examples, o.Seeds)
	}
	t := &Table{Examples: o.Examples, Seeds: o.Seeds}
	for _, s := range systems {
		row := Row{System: s.Name}
		if arePublished(sets) {
			row.Published = s.Published
		}
		t.Systems = append(t.Systems, row)
	}
	for _, set := range sets {
		train, test, err := set.read(ctx)
		if err != nil {
			return nil, err
		}
		t.Sets = append(t.Sets, set.Name)
		for i, s := range systems {
			cell, err := score(ctx, s, set.Name, train, test, o)
			if err != nil {
				return nil, fmt.Errorf("bench: %s on %s: %w", s.Name, set.Name, err)
			}
			t.Systems[i].Cells = append(t.Systems[i].Cells, *cell)
		}
	}
	for i := range t.Systems {
		t.Systems[i].summarize(o.Seeds)
	}
	return t, nil
}

// score trains a system with each seed. Vectors of a teacher are made once: its speed is that
// of the first seed.
func score(ctx context.Context, s System, set string, train, test *classifier.Examples, o Options) (*Cell, error) {
	c := &Cell{Set: set}
	if s.Base.Encoder != nil {
		s.Base.Encoder = &memo{Encoder: s.Base.Encoder, known: map[string][]float32{}}
	}
	for seed := range o.Seeds {
		drawn := Draw(train, o.Examples, uint64(seed))
		s.Options.Seed = uint64(seed)
		start := time.Now()
		made, report, err := classifier.Fit(ctx, s.Base, drawn, nil, s.Options)
		if err != nil {
			return nil, err
		}
		middle := time.Now()
		scores, err := made.Evaluate(ctx, test, classifier.DefaultThreshold)
		if err != nil {
			return nil, err
		}
		if seed == 0 {
			c.trained, c.trainTime, c.tested, c.checkTime = drawn.Len(), middle.Sub(start), test.Len(), time.Since(middle)
		}
		c.F1, c.Accuracy = append(c.F1, 100*scores.WeightedF1), append(c.Accuracy, 100*scores.Accuracy)
		if report.C > 0 {
			c.C = append(c.C, report.C)
		}
		if o.Tell != nil {
			o.Tell(set, s.Name, seed, scores)
		}
	}
	c.Mean, c.Spread = meanSpread(c.F1)
	return c, nil
}

// summarize fills the means over the data sets.
func (r *Row) summarize(seeds int) {
	f1 := make([]float64, seeds)
	var trained, tested int
	var trainTime, checkTime time.Duration
	for _, c := range r.Cells {
		for i := range seeds {
			f1[i] += c.F1[i] / float64(len(r.Cells))
			r.Accuracy += c.Accuracy[i] / float64(len(r.Cells)*seeds)
		}
		trained, tested, trainTime, checkTime = trained+c.trained, tested+c.tested, trainTime+c.trainTime, checkTime+c.checkTime
	}
	r.Mean, r.Spread = meanSpread(f1)
	r.TrainRate, r.TestRate = float64(trained)/trainTime.Seconds(), float64(tested)/checkTime.Seconds()
}

// meanSpread returns the mean and the standard deviation of a sample.
func meanSpread(x []float64) (mean, spread float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		spread += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(spread / float64(max(1, len(x)-1)))
}

// memo is an encoder that remembers texts.
type memo struct {
	classifier.Encoder
	known map[string][]float32
}

func (m *memo) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	var missing []string
	for _, text := range texts {
		if _, ok := m.known[text]; !ok {
			m.known[text] = nil
			missing = append(missing, text)
		}
	}
	rows := matrix.New(len(missing), m.Dims())
	if err := m.Encoder.Encode(ctx, missing, rows); err != nil {
		return err
	}
	for i, text := range missing {
		m.known[text] = rows.Row(i)
	}
	for i, text := range texts {
		copy(dst.Row(i), m.known[text])
	}
	return nil
}
