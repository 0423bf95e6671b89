package eval

import (
	"context"
	"strings"

	"github.com/m2v-dev/m2v/matrix"
)

// A join is a list of names, and others whose right one among them is to be found.
type join struct {
	at         place
	candidates []string
	queries    []string
	gold       []string // of each query
}

// matching is the protocol of PEARL's AutoFJ, YAGO and UMLS: the share of queries whose
// nearest candidate by cosine, the first of equals, is the right one; mean over tables.
func matching(read func() ([]join, error)) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		joins, err := read()
		if err != nil {
			return 0, err
		}
		accuracy := make([]float64, len(joins))
		queries := 0
		for i, j := range joins {
			if accuracy[i], err = s.match(ctx, j); err != nil {
				return 0, err
			}
			queries += len(j.queries)
		}
		s.note("tables", float64(len(joins)))
		s.note("queries", float64(queries))
		return mean(accuracy), nil
	}
}

// match returns the accuracy of one table.
func (s *session) match(ctx context.Context, j join) (float64, error) {
	var all texts
	wanted := all.addAll(j.queries, j.at)
	m, err := s.encodeUnit(ctx, &all)
	if err != nil {
		return 0, err
	}
	queries, tops := gather(m, wanted), make([]top, len(wanted))
	for i := range tops {
		tops[i].size = 1
	}
	for from := 0; from < len(j.candidates); from += docBlock {
		var docs *matrix.Matrix
		all.reset()
		rows := all.addAll(j.candidates[from:min(from+docBlock, len(j.candidates))], j.at)
		if m, err = s.encodeUnit(ctx, &all); err != nil {
			return 0, err
		}
		if docs = m; len(rows) != m.Rows {
			docs = gather(m, rows)
		}
		scan(queries, docs, from, tops, nil)
	}
	right := 0
	for i, t := range tops {
		if j.candidates[t.heap[0].doc] == j.gold[i] {
			right++
		}
	}
	return float64(right) / float64(len(tops)), nil
}

// readJoins reads a table a row: lists of candidates, queries, and their gold.
func readJoins(t table, want []field) func() ([]join, error) {
	return func() ([]join, error) {
		var out []join
		err := t.read(want, func(r row) error {
			j := join{at: r.at}
			for i, list := range []*[]string{&j.candidates, &j.queries, &j.gold} {
				var err error
				if *list, err = r.list(i, false); err != nil {
					return err
				}
			}
			if len(j.candidates) == 0 || len(j.queries) == 0 || len(j.gold) != len(j.queries) {
				return r.at.errorf("%d candidates, %d queries, %d gold", len(j.candidates), len(j.queries), len(j.gold))
			}
			out = append(out, j)
			return nil
		})
		return out, err
	}
}

// readKnowledge reads PEARL's YAGO and UMLS: names of entities, and mentions of them.
func readKnowledge(entities, mentions table) func() ([]join, error) {
	return func() ([]join, error) {
		var j join
		name := []field{{names: []string{"entity_name"}, optional: true}} // some are null
		err := entities.read(name, func(r row) error {
			if r.cells[0].kind == absent {
				return nil
			}
			text, err := r.text(0)
			j.candidates = append(j.candidates, text)
			return err
		})
		if err != nil {
			return nil, err
		}
		err = mentions.read(fields("query", "label"), func(r row) error {
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
		err := t.read(want, func(r row) error {
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
