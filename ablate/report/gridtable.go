package report

import (
	"strconv"

	"github.com/m2v-dev/m2v/ablate"
)

// A gridView is the table of a grid: a column for each switch, then size and scores.
type gridView struct {
	Flags []string
	Rows  []gridRowView
}

type gridRowView struct {
	Number int
	Base   bool
	Values []sortable
	Dims   sortable
	Size   sortable
	Cells  []cell
}

// A sortable is a cell's text and what it is sorted by.
type sortable struct{ Text, Key string }

// viewGrid returns the table, nil if the report has no grid.
func viewGrid(r *ablate.Report) *gridView {
	rows := gridRows(r)
	if len(rows) < 2 {
		return nil
	}
	v := &gridView{}
	for _, axis := range r.Grid {
		v.Flags = append(v.Flags, oneLine(axis.Flag))
	}
	all := heads(r)
	best := make([]map[int]bool, len(all))
	for k, h := range all {
		best[k] = h.best(r)
	}
	for _, g := range rows {
		row := &r.Rows[g.row]
		out := gridRowView{Number: g.row + 1, Dims: number(grouped(row.Dims), float64(row.Dims)), Size: number(size(row.Bytes), float64(row.Bytes))}
		for k, axis := range r.Grid {
			out.Values = append(out.Values, sortable{named(axis.Values[g.at[k]]), strconv.Itoa(g.at[k])})
		}
		for k, h := range all {
			c := h.cell(row)
			c.Best = best[k][g.row]
			out.Cells = append(out.Cells, c)
		}
		v.Rows = append(v.Rows, out)
	}
	return v
}

// number is a cell that is sorted by a number; without one it comes last.
func number(text string, x float64) sortable {
	if text == "" {
		return sortable{Text: "–"}
	}
	return sortable{text, strconv.FormatFloat(x, 'g', -1, 64)}
}
