package ablate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval"
)

// published are the four claims of the published ablation study, with the differences
// that it states, points of AvgAll.v1.
//
// Source: Model2Vec's results page, "Ablations", of bge-base-en-v1.5 and
// bert-base-uncased on all 72 data sets.
var published = []Claim{
	{Name: "sentence transformer over plain BERT", Text: "a teacher trained for sentences over its base model", With: OutputNoZipfNoPCA, Over: BaseModelOutput, Published: 5.2},
	{Name: "PCA", Text: "with PCA over without", With: Output, Over: OutputNoPCA, Published: 2.8},
	{Name: "Zipf", Text: "with Zipf weights over without", With: Output, Over: OutputNoZipf, Published: 3.1},
	{Name: "output over input", Text: "the teacher's output over its input embeddings", With: Output, Over: Input, Published: 6.1},
}

// publishedRows is the published table by the names of the paper recipe's variants:
// AvgAll.v1, AvgMTEB.v1, per cent.
var publishedRows = map[string][2]float64{
	Output:            {46.79, 45.34},
	OutputNoPCA:       {44.04, 42.31},
	OutputNoZipf:      {43.61, 41.52},
	InputNoZipfNoPCA:  {40.97, 39.55},
	OutputNoZipfNoPCA: {40.80, 38.44},
	Input:             {40.74, 39.93},
	BaseModelOutput:   {35.54, 34.82},
}

// PublishedRow returns what the published ablation table says of a variant of the paper
// recipe, by average, per cent; nil of other names. The table's M2V_base_output is
// Output here, and so on; M2V_bert_output_nozipf_nopca is BaseModelOutput.
func PublishedRow(name string) map[string]float64 {
	row, ok := publishedRows[name]
	if !ok {
		return nil
	}
	return map[string]float64{"AvgAll.v1": row[0], "AvgMTEB.v1": row[1]}
}

// claims computes the published claims whose two rows are there and scored, each by both
// formulas. A claim one of whose rows has a failed data set is left out, and Warnings
// say so: a difference over what happened to work is another difference. The published
// number is of v1, so v2 has none to stand beside.
func (r *Report) claims(seed uint64) []Claim {
	out := []Claim{}
	for i, c := range published {
		with, ok := r.Find(c.With)
		over, found := r.Find(c.Over)
		if !ok || !found || len(r.Rows[with].Tasks) == 0 || len(r.Rows[over].Tasks) == 0 {
			continue
		}
		for v, version := range []string{"v1", "v2"} {
			// A stream of its own: a claim's interval does not depend on which others there are.
			rng := rand.New(rand.NewPCG(seed, uint64(2*i+v)))
			c := c
			c.Basis = "AvgAll." + version
			if version == "v2" {
				c.Published = 0
			}
			if !slices.ContainsFunc(slices.Concat(r.Rows[with].Tasks, r.Rows[over].Tasks), func(t eval.Result) bool { return t.Counts(version) }) {
				continue // one's own data sets say nothing of published numbers
			}
			if r.check(&c, &r.Rows[with], &r.Rows[over], version, rng) {
				out = append(out, c)
			}
		}
	}
	return out
}

// check fills a claim from its two rows by the formula of a version. It tells whether
// there is a difference and an interval, and warns where there is not.
func (r *Report) check(c *Claim, with, over *Row, version string, rng *rand.Rand) bool {
	pairs, err := pair(with, over, version)
	if err != nil {
		r.warn(fmt.Sprintf("claim %q is not computed: %v", c.Name, err))
		return false
	}
	if note := pairs.left(*c); note != "" {
		r.warn(note)
	}
	groups := pairs.groups
	if version == "v1" { // the mean of all data sets
		groups = [][]float64{slices.Concat(groups...)}
	}
	if !resampled(groups) {
		r.warn(fmt.Sprintf("claim %q has no interval by %s: no column has two data sets", c.Name, c.Basis))
		return false
	}
	c.Sets = pairs.sets
	c.Difference = meanOfMeans(groups)
	c.Low, c.High = interval(groups, rng)
	c.Held = c.Low > 0
	return true
}

// pairs are the differences between two rows on the data sets that both have.
type pairs struct {
	// groups are points, a group for each column. Their order is that of columns and
	// names.
	groups   [][]float64
	sets     int
	onlyWith []string // data sets that one of the two lacks
	onlyOver []string
}

// pair returns with − over on the data sets that count in a version and that both rows
// have.
func pair(with, over *Row, version string) (*pairs, error) {
	a, err := with.scores(version)
	if err != nil {
		return nil, err
	}
	b, err := over.scores(version)
	if err != nil {
		return nil, err
	}
	p := &pairs{}
	for _, c := range eval.Columns {
		of := func(t eval.Result) bool { return t.Column == c && t.Counts(version) }
		var column []float64
		for _, name := range with.counted(of) {
			if y, ok := b[name]; ok {
				column = append(column, a[name]-y)
			} else {
				p.onlyWith = append(p.onlyWith, name)
			}
		}
		for _, name := range over.counted(of) {
			if _, ok := a[name]; !ok {
				p.onlyOver = append(p.onlyOver, name)
			}
		}
		if column != nil {
			p.groups = append(p.groups, column)
			p.sets += len(column)
		}
	}
	if p.sets == 0 {
		return nil, fmt.Errorf("%s and %s share no data set", with.Name, over.Name)
	}
	return p, nil
}

// scores returns the row's scores by column and data set. A failed one that counts in
// the version, or one that is no number, is an error.
func (row *Row) scores(version string) (map[string]float64, error) {
	scores := map[string]float64{}
	var bad []string
	for _, t := range row.Tasks {
		switch {
		case !t.Counts(version):
		case t.Failed() || !finite(t.Score):
			bad = append(bad, t.Task)
		default:
			scores[string(t.Column)+"/"+t.Task] = t.Score
		}
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		return nil, fmt.Errorf("%s failed on %s", row.Name, strings.Join(bad, ", "))
	}
	return scores, nil
}

// left says which data sets a claim leaves out, "" if none.
func (p *pairs) left(c Claim) string {
	var parts []string
	for _, side := range []struct {
		name string
		sets []string
	}{{c.With, p.onlyWith}, {c.Over, p.onlyOver}} {
		if len(side.sets) > 0 {
			parts = append(parts, fmt.Sprintf("only %s has %s", side.name, strings.Join(side.sets, ", ")))
		}
	}
	if parts == nil {
		return ""
	}
	return fmt.Sprintf("claim %q is over the %d data sets that both rows have: %s", c.Name, p.sets, strings.Join(parts, "; "))
}
