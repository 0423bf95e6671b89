package static

import (
	"cmp"
	"fmt"
	"slices"
)

// A Neighbor is a token and the cosine between its row and some vector.
type Neighbor struct {
	Token  string  `json:"token"`
	ID     int32   `json:"id"`
	Cosine float64 `json:"cosine"` // in [-1, 1]
}

// Neighbors returns the n tokens whose rows have the largest cosine with v,
// largest first, equal ones by id; n ≤ 0 means all. Tokens without a row, with
// a row of zeros, and the unknown token are left out. v has Dims values.
func (m *Model) Neighbors(v []float32, n int) ([]Neighbor, error) {
	if m.table.Cols == 0 {
		return nil, errClosed
	}
	if len(v) != m.Dims() {
		return nil, fmt.Errorf("static: neighbors: vector of %d values, not %d", len(v), m.Dims())
	}
	cosines, ok := m.cosines(v)
	list := make([]Neighbor, 0, m.limit)
	for id := int32(0); int(id) < m.limit; id++ {
		row := m.row(id)
		token, known := m.tok.Token(id)
		if !known || id == m.unk || !ok[row] {
			continue
		}
		list = append(list, Neighbor{token, id, cosines[row]})
	}
	slices.SortStableFunc(list, func(a, b Neighbor) int { return cmp.Compare(b.Cosine, a.Cosine) })
	if n > 0 && n < len(list) {
		list = slices.Clone(list[:n])
	}
	return list, nil
}

// NeighborsOf is Neighbors of a text's vector, without the token that the text is, if it is
// one. A text of which the model knows no token is an error.
func (m *Model) NeighborsOf(text string, n int) ([]Neighbor, error) {
	v, err := m.EncodeOne(text, Options{})
	if err != nil {
		return nil, err
	}
	if norm(v) == 0 {
		return nil, fmt.Errorf("static: neighbors: the model knows no token of %q", text)
	}
	ids := m.tok.AppendIDs(nil, text)
	most := n
	if n > 0 {
		most++ // for the text itself
	}
	list, err := m.Neighbors(v, most)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(near Neighbor) bool { return len(ids) == 1 && near.ID == ids[0] })
	if n > 0 && n < len(list) {
		list = list[:n]
	}
	return list, nil
}

// cosines returns the cosine of every row with v, and which rows have one.
func (m *Model) cosines(v []float32) (cosines []float64, ok []bool) {
	d := m.Dims()
	scratch, length := make([]float32, d), norm(v)
	cosines, ok = make([]float64, m.table.Rows), make([]bool, m.table.Rows)
	for i := range cosines {
		row := m.rows.row(i, scratch)
		var dot float64
		for j, x := range row {
			dot += float64(x) * float64(v[j])
		}
		if product := norm(row) * length; product > 0 {
			cosines[i], ok[i] = max(-1, min(1, dot/product)), true
		}
	}
	return cosines, ok
}
