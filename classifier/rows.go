package classifier

import (
	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
)

// model returns the static model of the trained rows, with the base's tokenizer. Without a
// mapping, token weights become part of the rows.
//
// Source: to_static_model in model2vec's train/base.py.
func (m *mlp) model(base *static.Model) (*static.Model, error) {
	file, err := base.TokenizerFile()
	if err != nil {
		return nil, err
	}
	var weights []float64
	if m.rows.Mapping == nil {
		for id, w := range m.rows.Weights {
			if id < m.rows.Table.Rows {
				for j, v := range m.rows.Table.Row(id) {
					m.rows.Table.Row(id)[j] = v * w
				}
			}
		}
		m.rows.Weights = nil
	} else {
		for _, w := range m.rows.Weights {
			weights = append(weights, float64(w))
		}
	}
	config := base.Config()
	config.Normalize = true // as the head was trained
	return static.New(file, quantize.Table(m.rows.Table, matrix.Float32), weights, m.rows.Mapping, config)
}

// tokens returns the ids of all texts.
func tokens(s *static.Model, texts []string) *learn.Bags {
	list := make([][]int32, len(texts))
	parallel.Workers(parallel.Cores(), len(texts), 32, func() func(from, to int) {
		e, err := s.NewEncoder(static.Options{})
		if err != nil {
			panic(err) // the zero options fit every model
		}
		return func(from, to int) {
			for i := from; i < to; i++ {
				list[i] = append([]int32(nil), e.Tokens(texts[i])...)
			}
		}
	})
	bags := &learn.Bags{}
	for _, ids := range list {
		bags.Append(ids)
	}
	return bags
}
