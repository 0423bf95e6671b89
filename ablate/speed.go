package ablate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/matrix"
)

// A speed is how many texts a second a model encodes: the median of the rounds, and the
// slowest and fastest of them.
type speed struct {
	Median, Low, High float64 // texts a second
}

// How speed is measured. Models take turns, so that what else the machine does falls on
// all of them; a round is long enough for a clock and short enough for a grid.
const (
	speedRounds = 3
	speedRound  = 200 * time.Millisecond // of one model, at least
	speedBatch  = 64                     // texts encoded at once
	speedTexts  = 2048                   // drawn of all that the data sets hold
	speedListed = 50_000                 // of which the texts are drawn, the first that tasks list
)

// A contestant is a model that takes part in the measurement.
type contestant struct {
	name  string
	shape string // models of one shape do the same work for a text
	open  func(ctx context.Context) (eval.Encoder, func() error, error)
}

// measure returns the speeds of models, in their order, over the texts, which are
// shuffled anew for each round and the same for all models in it. now is the clock.
func measure(ctx context.Context, models []contestant, texts []string, rng *rand.Rand, now func() time.Time) ([]speed, error) {
	rounds := make([][]float64, len(models))
	shuffled := slices.Clone(texts)
	for range speedRounds {
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for k, m := range models {
			perSecond, err := m.round(ctx, shuffled, now)
			if err != nil {
				return nil, fmt.Errorf("ablate: measure the speed of %s: %w", m.name, err)
			}
			rounds[k] = append(rounds[k], perSecond)
		}
	}
	out := make([]speed, len(models))
	for k, r := range rounds {
		slices.Sort(r)
		out[k] = speed{Median: r[len(r)/2], Low: r[0], High: r[len(r)-1]}
	}
	return out, nil
}

// round encodes texts, and begins again with the first, until its time is over. The first
// batch warms up.
func (m contestant) round(ctx context.Context, texts []string, now func() time.Time) (perSecond float64, err error) {
	enc, closeModel, err := m.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeModel()) }()
	dst := matrix.New(speedBatch, enc.Dims())
	encode := func(list []string) error {
		return enc.Encode(ctx, list, &matrix.Matrix{Rows: len(list), Cols: dst.Cols, Data: dst.Data[:len(list)*dst.Cols]})
	}
	if err := encode(texts[:min(speedBatch, len(texts))]); err != nil {
		return 0, err
	}
	done, at, start := 0, 0, now()
	for now().Sub(start) < speedRound {
		list := texts[at:min(at+speedBatch, len(texts))]
		if err := encode(list); err != nil {
			return 0, err
		}
		done, at = done+len(list), (at+len(list))%len(texts)
	}
	return float64(done) / max(now().Sub(start).Seconds(), 1e-9), nil
}

// errEnough ends a listing of texts.
var errEnough = errors.New("enough texts")

// drawTexts draws texts of the tasks, each as likely as another among the first that the
// tasks list.
func drawTexts(ctx context.Context, tasks []eval.Task, seed uint64, rng *rand.Rand) ([]string, error) {
	var drawn []string
	listed := 0
	err := eval.Texts(ctx, tasks, seed, func(text string) error {
		listed++
		switch at := rng.IntN(listed); {
		case len(drawn) < speedTexts:
			drawn = append(drawn, text)
		case at < speedTexts:
			drawn[at] = text
		}
		if listed == speedListed {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return drawn, nil
}
