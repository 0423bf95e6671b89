package eval

import (
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/internal/nprand"
)

// draw takes the texts of all sets that a clustering task of v2 encodes.
func (f fastSample) draw(sets []labelledSet, seed uint64, random *nprand.Python) *labelled {
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
			d = d.pick(stratify(d.label, f.first, seed))
		} else {
			d = d.pick(nprand.Split(seed, len(d.text), f.first))
		}
	}
	switch {
	case f.most > 0:
		d = d.pick(random.Sample(len(d.text), min(f.most, len(d.text))))
	case !f.all:
		n := max(int(fastShare*float64(len(d.text))), min(2, len(d.text)))
		d = d.pick(random.Sample(len(d.text), n))
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
			name = strings.ReplaceAll(name, ".", levelSeparator)
		}
		parts := strings.Split(name, levelSeparator)
		if level >= len(parts) {
			continue
		}
		name = parts[level]
		set.text = append(set.text, text[i])
		at = append(at, name)
	}
	set.labels, set.k = number(at)
	return set
}

// stratify draws n of the rows so that each label keeps its share.
//
// Source: stratified_subsampling of mteb, which numbers the labels in their order.
func stratify(labels []string, n int, seed uint64) []int {
	return nprand.StratifiedSplit(seed, numbered(labels), n)
}

// numbered numbers labels in their order.
func numbered(labels []string) []int {
	names := slices.Compact(slices.Sorted(slices.Values(labels)))
	classes := make([]int, len(labels))
	for i, label := range labels {
		classes[i], _ = slices.BinarySearch(names, label)
	}
	return classes
}
