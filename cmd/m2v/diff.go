package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/static"
)

// diffOptions is the command line of m2v diff.
type diffOptions struct {
	A, B string
	JSON bool
	scoreOptions
}

// difference is what two static models differ in. Numbers of rows are over the
// tokens that both have and whose rows are not zero.
type difference struct {
	Added   []string `json:"added"`   // tokens of B only, in B's order
	Removed []string `json:"removed"` // tokens of A only, in A's order
	Shared  int      `json:"shared"`
	// Cosine are quantiles over the shared tokens of the cosine between the two
	// rows; nil where the dimensions differ.
	Cosine map[string]float64 `json:"cosine,omitempty"`
	// Overlap is the mean share of the neighbours nearest in A, among the shared
	// tokens, that are nearest in B too; it takes no common space.
	Overlap    float64               `json:"overlap_at_10"`
	Neighbours int                   `json:"overlap_tokens"` // tokens that it was measured on
	Config     map[string][2]string  `json:"config"`         // keys that differ: A's value, B's value
	Sizes      map[string][2]float64 `json:"sizes"`          // A's, B's
	Scores     []scoreDifference     `json:"scores,omitempty"`
}

func newDiffCommand(run func(context.Context, diffOptions) error) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Tell how two static models differ",
		Long: `Diff compares two static models: tokens added and removed, quantiles of the cosine
between a token's two rows, how many of a token's ten nearest neighbours are the same,
the configuration, and sizes. With --data it scores both as m2v eval does and adds
the differences, by data set, column and average.

` + exitCodesHelp,
		Example: "  m2v diff old new",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.A, o.B = list[0], list[1]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.scoreOptions.addFlags(f)
	f.BoolVar(&o.NoCache, "no-cache", false, "score what was scored before, too")
	f.BoolVar(&o.JSON, "json", false, "print the difference as JSON")
	return cmd
}

func runDiff(ctx context.Context, a *app, o diffOptions) error {
	tasks, err := a.tasksOf(o)
	if err != nil {
		return err
	}
	first, err := a.openStaticModel(ctx, o.A, modelOptions{})
	if err != nil {
		return err
	}
	defer first.Close()
	second, err := a.openStaticModel(ctx, o.B, modelOptions{})
	if err != nil {
		return err
	}
	defer second.Close()
	for _, m := range []*opened{first, second} {
		if err := m.checkRows(); err != nil {
			return err
		}
	}
	d, err := diffModels(ctx, first.Static, second.Static)
	if err != nil {
		return err
	}
	var failed error
	if tasks != nil {
		d.Scores, failed = a.diffScores(ctx, o, tasks)
	}
	if o.JSON {
		err = printJSON(a.stdout, d)
	} else {
		err = d.print(a.stdout)
	}
	if err != nil {
		return err
	}
	return failed
}

func diffModels(ctx context.Context, a, b *static.Model) (*difference, error) {
	d := &difference{
		Added: []string{}, Removed: []string{}, Config: diffConfig(a.Config(), b.Config()),
		Sizes: map[string][2]float64{
			"tokens":     {float64(a.Size()), float64(b.Size())},
			"dimensions": {float64(a.Dims()), float64(b.Dims())},
			"bytes":      {float64(len(a.Table().Bytes)), float64(len(b.Table().Bytes))},
		},
	}
	shared := d.matchTokens(a, b)
	d.Shared = len(shared)
	if a.Dims() == b.Dims() {
		d.Cosine = cosineQuantiles(a, b, shared)
	}
	var err error
	shared = slices.DeleteFunc(shared, func(ids [2]int32) bool { // no row, or none with a direction
		return norm(a.Row(ids[0])) == 0 || norm(b.Row(ids[1])) == 0
	})
	d.Overlap, d.Neighbours, err = overlap(ctx, a, b, shared)
	return d, err
}

// matchTokens returns the ids of the tokens that both models have, A's and B's,
// by A's id, and lists the others.
func (d *difference) matchTokens(a, b *static.Model) (shared [][2]int32) {
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
	var all []float64
	for _, ids := range shared {
		x, y := a.Row(ids[0]), b.Row(ids[1])
		if norm(x) > 0 && norm(y) > 0 { // a token without a row has norm 0
			all = append(all, cosine(x, y))
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	quantiles := map[string]float64{}
	for name, q := range map[string]float64{"min": 0, "1%": 0.01, "10%": 0.1, "50%": 0.5, "90%": 0.9, "max": 1} {
		quantiles[name] = all[int(math.Round(q*float64(len(all)-1)))]
	}
	return quantiles
}

const (
	nearest        = 10
	overlapSampled = 500 // tokens: enough for two digits, and a second on 30,000
)

// overlap returns the mean share of common neighbours over evenly spread tokens.
func overlap(ctx context.Context, a, b *static.Model, shared [][2]int32) (mean float64, tokens int, err error) {
	if len(shared) <= nearest {
		return 0, 0, nil
	}
	rowsA, rowsB := make([][]float32, len(shared)), make([][]float32, len(shared))
	for i, ids := range shared {
		rowsA[i], rowsB[i] = unit(a.Row(ids[0])), unit(b.Row(ids[1]))
	}
	stride := max(1, len(shared)/overlapSampled)
	for i := 0; i < len(shared); i += stride {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		inA, inB := nearestTo(i, rowsA), nearestTo(i, rowsB)
		common := 0
		for _, j := range inA {
			if slices.Contains(inB, j) {
				common++
			}
		}
		mean += float64(common) / nearest
		tokens++
	}
	return mean / float64(tokens), tokens, nil
}

// unit returns v with length 1; a zero vector stays zero.
func unit(v []float32) []float32 {
	length := norm(v)
	if length == 0 {
		return v
	}
	u := make([]float32, len(v))
	for j, x := range v {
		u[j] = float32(float64(x) / length)
	}
	return u
}

// nearestTo returns the indices of the ten rows nearest to row i, itself left out.
func nearestTo(i int, rows [][]float32) []int {
	best := make([]int, 0, nearest+1)
	cosines := make([]float64, 0, nearest+1)
	for j, row := range rows {
		if j == i {
			continue
		}
		c := dot(rows[i], row)
		if len(best) == nearest && c <= cosines[nearest-1] {
			continue
		}
		at, _ := slices.BinarySearchFunc(cosines, c, func(x, c float64) int {
			if x >= c { // descending, equal ones in order
				return -1
			}
			return 1
		})
		best, cosines = slices.Insert(best, at, j), slices.Insert(cosines, at, c)
		if len(best) > nearest {
			best, cosines = best[:nearest], cosines[:nearest]
		}
	}
	return best
}

// diffConfig lists the keys of config.json whose values differ, and the two
// that encoding depends on.
func diffConfig(a, b static.Config) map[string][2]string {
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

// print writes the difference as a table for people; of long lists of tokens it
// shows a beginning.
func (d *difference) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range []string{"tokens", "dimensions", "bytes"} {
		fmt.Fprintf(t, "%s\t%.0f\t→ %.0f\n", name, d.Sizes[name][0], d.Sizes[name][1])
	}
	fmt.Fprintf(t, "added\t%d\t%s\n", len(d.Added), beginning(d.Added))
	fmt.Fprintf(t, "removed\t%d\t%s\n", len(d.Removed), beginning(d.Removed))
	fmt.Fprintf(t, "shared\t%d\n", d.Shared)
	for _, q := range []string{"min", "1%", "10%", "50%", "90%", "max"} {
		if d.Cosine != nil {
			fmt.Fprintf(t, "cosine %s\t%.6f\n", q, d.Cosine[q])
		}
	}
	if d.Neighbours > 0 {
		fmt.Fprintf(t, "overlap@10\t%.3f\ton %d tokens\n", d.Overlap, d.Neighbours)
	}
	keys := make([]string, 0, len(d.Config))
	for key := range d.Config {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(t, "config %s\t%s\t→ %s\n", key, d.Config[key][0], d.Config[key][1])
	}
	for _, score := range d.Scores {
		fmt.Fprintf(t, "score %s\t%s\t→ %s\t%s\n", score.Name, points(score.A, "%.2f"), points(score.B, "%.2f"), points(score.Difference, "%+.2f"))
	}
	return t.Flush()
}

// beginning quotes the first of a list.
func beginning(tokens []string) string {
	const most = 8
	s := ""
	for _, token := range tokens[:min(most, len(tokens))] {
		s += fmt.Sprintf("%q ", token)
	}
	if len(tokens) > most {
		s += "…"
	}
	return s
}
