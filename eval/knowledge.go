package eval

import (
	"context"
	"strings"
)

// readKnowledge reads PEARL's YAGO and UMLS: names of entities, and mentions of them.
func readKnowledge(entities, mentions table) func(s *session) ([]join, error) {
	return func(s *session) ([]join, error) {
		var j join
		name := []field{{names: []string{"entity_name"}, optional: true}} // some are null
		err := entities.in(s).read(name, func(r row) error {
			if r.cells[0].kind == absent || r.cells[0].one == "" {
				return nil
			}
			text, err := r.text(0)
			j.candidates = append(j.candidates, text)
			return err
		})
		if err != nil {
			return nil, err
		}
		err = mentions.in(s).read(fields("query", "label"), func(r row) error {
			query, err := r.text(0)
			if err != nil {
				return err
			}
			gold, err := r.text(1)
			if j.at.line == 0 {
				j.at = r.at
			}
			j.queries, j.gold = append(j.queries, query), append(j.gold, gold)
			return err
		})
		if err == nil && len(j.candidates) == 0 {
			err = place{entities.files[0], 1}.errorf("no entity has a name")
		}
		return []join{j}, err
	}
}

// choice is the protocol of PEARL's Turney: the share of queries whose label has the
// largest inner product with the query among all choices; of equals the label wins.
func choice(t table, want []field) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		var all texts
		var items [][]int // query, label, candidates
		err := t.in(s).read(want, func(r row) error {
			item := make([]int, len(want))
			for i := range want {
				text, err := r.text(i)
				if err != nil {
					return err
				}
				item[i] = all.add(strings.TrimSpace(text), r.at)
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
			query, label := m.Row(item[0]), dot(m.Row(item[0]), m.Row(item[1]))
			best := true
			for _, c := range item[2:] {
				best = best && dot(query, m.Row(c)) <= label
			}
			if best {
				right++
			}
		}
		s.note("queries", float64(len(items)))
		return float64(right) / float64(len(items)), nil
	}
}
