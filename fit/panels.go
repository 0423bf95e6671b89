package fit

// lanes is how many columns a panel has: 16 float32, one cache line. The rows of
// tokens that many texts hold then stay in the cache of the core that works on the
// panel, and columns have nothing to do with one another in a solve, so a panel is
// one thread's from the first text to the last: sums have one order, whatever the
// number of threads.
const lanes = 16

// panels is a matrix of rows × cols cut into panels of lanes columns. Panel p holds
// columns p·lanes …, row after row; the last is filled up with zeros.
type panels struct {
	rows, cols int
	data       [][]float32 // each rows·lanes
}

func newPanels(rows, cols int) *panels {
	p := &panels{rows: rows, cols: cols, data: make([][]float32, (cols+lanes-1)/lanes)}
	for i := range p.data {
		p.data[i] = make([]float32, rows*lanes)
	}
	return p
}

func (p *panels) clone() *panels {
	c := newPanels(p.rows, p.cols)
	for i, data := range p.data {
		copy(c.data[i], data)
	}
	return c
}

// set copies v, cols values, to row i.
func (p *panels) set(i int, v []float32) {
	for _, data := range p.data {
		v = v[copy(data[i*lanes:(i+1)*lanes], v):]
	}
}

// get copies row i to v, cols values.
func (p *panels) get(v []float32, i int) {
	for _, data := range p.data {
		v = v[copy(v, data[i*lanes:(i+1)*lanes]):]
	}
}
