package ablate

import (
	"cmp"
	"slices"

	"github.com/m2v-dev/m2v/eval"
)

// Average is the mean that charts and Front go by: AvgAll.v1, the formula of the published
// table, or where no variant has it AvgAll.v2, or that of one's own data sets.
func (r *Report) Average() string {
	for _, name := range []string{"AvgAll.v1", "AvgAll.v2"} {
		for i := range r.Rows {
			if r.Rows[i].Score(name).State == Scored {
				return name
			}
		}
	}
	return eval.OwnAverage
}

// front returns the variants that no smaller or equal one reaches, by size.
func (r *Report) front() []string {
	if r.Texts == 0 {
		return nil
	}
	type at struct {
		name  string
		bytes int64
		score float64
	}
	var all []at
	average := r.Average()
	for i := range r.Rows {
		row := &r.Rows[i]
		if s := row.Score(average); row.Kind == KindVariant && s.State == Scored && row.Bytes > 0 {
			all = append(all, at{row.Name, row.Bytes, s.Value})
		}
	}
	slices.SortStableFunc(all, func(a, b at) int { return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(b.score, a.score)) })
	var names []string
	best := 0.0
	for _, v := range all {
		if names == nil || v.score > best {
			names, best = append(names, v.name), v.score
		}
	}
	return names
}
