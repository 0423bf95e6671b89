// Package compare tells how two static models differ: in their tokens, in the rows of
// those that both have, in their settings and sizes. Scores are eval's.
package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// Difference is what two static models, A and B, differ in. What is said of rows is over
// the tokens that both have and whose rows are not zero.
type Difference struct {
	Added   []string `json:"added"`   // tokens of B only, in B's order
	Removed []string `json:"removed"` // tokens of A only, in A's order
	Shared  int      `json:"shared"`
	// Zeroed are the shared tokens whose row is zeros in one model alone, as of a tiny row in int8.
	Zeroed []string `json:"zeroed"`
	// Cosine are quantiles over the shared tokens of the cosine between the two rows, by
	// the names of Quantiles; nil where the dimensions differ. They mean little where the
	// models have other bases, as two teachers' have.
	Cosine map[string]float64 `json:"cosine,omitempty"`
	// Overlap is the mean share, in [0, 1], of the ten neighbours nearest in A, among the
	// shared tokens, that are nearest in B too. It needs no common basis.
	Overlap    float64 `json:"overlap_at_10"`
	Neighbours int     `json:"overlap_tokens"` // tokens that it was measured on
	// OtherBasis tells that the cosines mean little: rows have other directions, and yet tokens
	// keep neighbours, as after another PCA or with another teacher.
	OtherBasis bool                  `json:"other_basis"`
	Config     map[string][2]string  `json:"config"` // keys that differ: A's value, B's value
	Sizes      map[string][2]float64 `json:"sizes"`  // A's, B's
}

// Quantiles are those of Difference.Cosine, in order.
var Quantiles = []struct {
	Name string
	At   float64
}{{"min", 0}, {"1%", 0.01}, {"10%", 0.1}, {"50%", 0.5}, {"90%", 0.9}, {"max", 1}}

// Models compares two models. Those of which a row has a value that is NaN or infinite are
// refused.
func Models(ctx context.Context, a, b *static.Model) (*Difference, error) {
	for _, m := range []*static.Model{a, b} {
		if err := m.CheckFinite(); err != nil {
			return nil, fmt.Errorf("compare: %w", err)
		}
	}
	d := &Difference{
		Added: []string{}, Removed: []string{}, Zeroed: []string{}, Config: configs(a.Config(), b.Config()),
		Sizes: map[string][2]float64{
			"tokens":     {float64(a.Size()), float64(b.Size())},
			"dimensions": {float64(a.Dims()), float64(b.Dims())},
			"bytes":      {float64(len(a.Table().Bytes)), float64(len(b.Table().Bytes))},
		},
	}
	shared := d.matchTokens(a, b)
	d.Shared = len(shared)
	shared = slices.DeleteFunc(shared, func(ids [2]int32) bool { // no row, or none with a direction
		x, y := matrix.Norm(a.Row(ids[0])), matrix.Norm(b.Row(ids[1]))
		if a.Row(ids[0]) != nil && b.Row(ids[1]) != nil && (x == 0) != (y == 0) {
			token, _ := a.Tokenizer().Token(ids[0])
			d.Zeroed = append(d.Zeroed, token)
		}
		return x == 0 || y == 0
	})
	if a.Dims() == b.Dims() {
		d.Cosine = cosineQuantiles(a, b, shared)
	}
	var err error
	d.Overlap, d.Neighbours, err = overlap(ctx, a, b, shared)
	d.OtherBasis = d.Cosine != nil && d.Cosine["50%"] < otherCosine && d.Overlap > chanceOverlap
	return d, err
}

// Rows of one basis and another storage have cosines near 1; those of two bases are around 0.
// Of ten neighbours among thousands of tokens, chance has less than one in a hundred.
const (
	otherCosine   = 0.5
	chanceOverlap = 0.1
)

// matchTokens returns the ids of the tokens that both models have, A's and B's,
// by A's id, and lists the others.
func (d *Difference) matchTokens(a, b *static.Model) (shared [][2]int32) {
	for id := range int32(a.Size()) {
		token, ok := a.Tokenizer().Token(id)
		if !ok {
			continue
		}
		if other, ok := b.Tokenizer().ID(token); ok {
			shared = append(shared, [2]int32{id, other})
		} else {
			d.Removed = append(d.Removed, token)
		}
	}
	for id := range int32(b.Size()) {
		token, ok := b.Tokenizer().Token(id)
		if !ok {
			continue
		}
		if _, ok := a.Tokenizer().ID(token); !ok {
			d.Added = append(d.Added, token)
		}
	}
	return shared
}

func cosineQuantiles(a, b *static.Model, shared [][2]int32) map[string]float64 {
	if len(shared) == 0 {
		return nil
	}
	all := make([]float64, len(shared))
	x, y := make([]float32, a.Dims()), make([]float32, b.Dims())
	for i, ids := range shared { // both have a row
		a.ReadRow(ids[0], x)
		b.ReadRow(ids[1], y)
		all[i] = matrix.Cosine(x, y)
	}
	slices.Sort(all)
	quantiles := map[string]float64{}
	for _, q := range Quantiles {
		quantiles[q.Name] = stat.Quantile(q.At, stat.Empirical, all, nil) // the cosine of a token
	}
	return quantiles
}

// configs lists the keys of config.json whose values differ, and the two that
// encoding depends on.
func configs(a, b static.Config) map[string][2]string {
	changed := map[string][2]string{}
	note := func(key, x, y string) {
		if x != y {
			changed[key] = [2]string{x, y}
		}
	}
	text := func(raw json.RawMessage) string {
		if raw == nil {
			return "(missing)"
		}
		return string(raw)
	}
	for _, f := range slices.Concat(a.Fields, b.Fields) {
		note(f.Key, text(a.Field(f.Key)), text(b.Field(f.Key)))
	}
	note("normalize", fmt.Sprint(a.Normalize), fmt.Sprint(b.Normalize))
	note("max_length", fmt.Sprint(a.MaxLength), fmt.Sprint(b.MaxLength))
	return changed
}
