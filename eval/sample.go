package eval

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
)

// draw takes the texts of all sets that a clustering task of v2 encodes.
func (f fastSample) draw(sets []labelledSet, random *rand.Rand) *labelled {
	d := &labelled{}
	for _, set := range sets {
		for i, text := range set.text {
			d.text, d.label, d.at = append(d.text, text), append(d.label, set.label[i]), append(d.at, set.at)
		}
	}
	if f.pairs {
		count := map[string]int{}
		for _, label := range d.label {
			count[label]++
		}
		d = d.pick(slices.DeleteFunc(upTo(len(d.text)), func(i int) bool { return count[d.label[i]] == 1 }))
	}
	if f.first > 0 && f.first < len(d.text) {
		if f.stratified {
			d = d.pick(stratify(d.label, f.first, random))
		} else {
			d = d.pick(random.Perm(len(d.text))[:f.first])
		}
	}
	if !f.all {
		n := max(int(fastShare*float64(len(d.text))), min(2, len(d.text)))
		d = d.pick(random.Perm(len(d.text))[:n])
	}
	return d
}

// upTo returns 0…n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// pick returns the given rows of d.
func (d *labelled) pick(rows []int) *labelled {
	out := &labelled{text: make([]string, len(rows)), label: make([]string, len(rows)), at: make([]data.Place, len(rows))}
	for k, i := range rows {
		out.text[k], out.label[k], out.at[k] = d.text[i], d.label[i], d.at[i]
	}
	return out
}

// level returns the texts whose labels reach a level, from 0, and their labels there.
func (f fastSample) level(text []int, names []string, level int) clusterSet {
	var set clusterSet
	var at []string
	for i, name := range names {
		if f.levels {
			parts := strings.Split(name, ".")
			if level >= len(parts) {
				continue
			}
			name = parts[level]
		}
		set.text = append(set.text, text[i])
		at = append(at, name)
	}
	set.labels, set.k = number(at)
	return set
}

// stratify draws n of the rows so that each label keeps its share, by largest remainder
// (of equal ones the label that comes first in order), and returns them in a random order.
//
// Source: stratified_subsampling of mteb 1.14.15, which is scikit-learn's
// StratifiedShuffleSplit; its draws are NumPy's.
func stratify(labels []string, n int, random *rand.Rand) []int {
	members := map[string][]int{}
	for i, label := range labels {
		members[label] = append(members[label], i)
	}
	type share struct {
		label string
		take  int
		rest  float64
	}
	var shares []share
	left := n
	for label, rows := range members {
		exact := float64(n) * float64(len(rows)) / float64(len(labels))
		shares = append(shares, share{label, int(exact), exact - float64(int(exact))})
		left -= int(exact)
	}
	slices.SortFunc(shares, func(a, b share) int { return cmp.Or(cmp.Compare(b.rest, a.rest), cmp.Compare(a.label, b.label)) })
	for i := range shares[:left] {
		shares[i].take++
	}
	slices.SortFunc(shares, func(a, b share) int { return cmp.Compare(a.label, b.label) })
	out := make([]int, 0, n)
	for _, s := range shares {
		rows := members[s.label]
		for _, k := range random.Perm(len(rows))[:s.take] {
			out = append(out, rows[k])
		}
	}
	random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
