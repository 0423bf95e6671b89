package eval

import (
	"context"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
)

// readKnowledge reads PEARL's YAGO and UMLS: names of entities, and mentions of them.
func readKnowledge(entities, mentions data.Table) func(s *session) ([]join, error) {
	return func(s *session) ([]join, error) {
		var j join
		name := []data.Field{{Names: []string{"entity_name"}, Optional: true}} // some are null
		err := s.watch(entities).Read(name, func(r data.Row) error {
			if !r.Has(0) {
				return nil
			}
			text, err := r.Loose().Text(0)
			if text == "" {
				return err
			}
			r.Meet(strings.TrimSpace(text) == "")
			j.candidates = append(j.candidates, text)
			return err
		})
		if err != nil {
			return nil, err
		}
		err = s.watch(mentions).Read(data.Fields("query", "label"), func(r data.Row) error {
			query, err := r.Text(0)
			if err != nil {
				return err
			}
			gold, err := r.Text(1)
			if j.at.Line == 0 {
				j.at = r.At
			}
			j.queries, j.gold = append(j.queries, query), append(j.gold, gold)
			return err
		})
		if err == nil && len(j.candidates) == 0 {
			err = data.Place{File: entities.Files[0], Line: 1}.Errorf("no entity has a name")
		}
		return []join{j}, err
	}
}

// choice is the protocol of PEARL's Turney: the share of queries whose label has the
// largest inner product with the query among all choices; of equals the label wins.
func choice(t data.Table, want []data.Field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		var all texts
		var items [][]int // query, label, candidates
		err := s.watch(t).Read(want, func(r data.Row) error {
			item := make([]int, len(want))
			for i := range want {
				text, err := r.Text(i)
				if err != nil {
					return err
				}
				item[i] = all.add(strings.TrimSpace(text), r.At)
			}
			items = append(items, item)
			return nil
		})
		if err != nil {
			return 0, err
		}
		m, err := s.encode(ctx, &all)
		if err != nil {
			return 0, err
		}
		right := 0
		for _, item := range items {
			query, label := m.Row(item[0]), metric.Dot(m.Row(item[0]), m.Row(item[1]))
			best := true
			for _, c := range item[2:] {
				best = best && metric.Dot(query, m.Row(c)) <= label
			}
			if best {
				right++
			}
		}
		s.note("queries", float64(len(items)))
		return float64(right) / float64(len(items)), nil
	}
}
