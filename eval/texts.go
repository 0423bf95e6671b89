package eval

import (
	"context"
	"time"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
)

// texts are distinct texts in the order of their first appearance: each is encoded
// once, however often a task uses it.
type texts struct {
	list  []string
	at    []data.Place
	index map[string]int
}

// add returns the index of text, which is at a place.
func (t *texts) add(text string, at data.Place) int {
	if i, ok := t.index[text]; ok {
		return i
	}
	if t.index == nil {
		t.index = map[string]int{}
	}
	i := len(t.list)
	t.index[text] = i
	t.list = append(t.list, text)
	t.at = append(t.at, at)
	return i
}

// addAll returns the indices of several texts of one place.
func (t *texts) addAll(list []string, at data.Place) []int {
	out := make([]int, len(list))
	for i, text := range list {
		out[i] = t.add(text, at)
	}
	return out
}

// reset empties t and keeps its memory.
func (t *texts) reset() {
	t.list, t.at = t.list[:0], t.at[:0]
	clear(t.index)
}

// encode returns the vectors of t's texts, n×D. A vector that is not finite is an
// error, which names the place of its text.
func (s *session) encode(ctx context.Context, t *texts) (*matrix.Matrix, error) {
	out := matrix.New(len(t.list), s.enc.Dims())
	if len(t.list) == 0 {
		return out, nil
	}
	start := time.Now()
	if err := s.enc.Encode(ctx, t.list, out); err != nil {
		return nil, t.place(err)
	}
	s.encoded += len(t.list)
	s.encoding += time.Since(start)
	for i := range out.Rows {
		for j, v := range out.Row(i) {
			if v-v != 0 { // NaN and ±Inf
				return nil, t.at[i].Errorf("the model's vector of %q has %v in dimension %d", data.Short(t.list[i]), v, j)
			}
		}
	}
	return out, nil
}

// encodeUnit is encode with each vector divided by its Euclidean norm plus 1e-32: a
// text without tokens keeps its vector of zeros.
func (s *session) encodeUnit(ctx context.Context, t *texts) (*matrix.Matrix, error) {
	m, err := s.encode(ctx, t)
	if err != nil {
		return nil, err
	}
	parallel.Ranges(m.Rows, 256, func(from, to int) {
		for i := from; i < to; i++ {
			row := m.Row(i)
			scale := 1 / metric.Norm(row)
			for j, v := range row {
				row[j] = float32(float64(v) * scale)
			}
		}
	})
	return m, nil
}
