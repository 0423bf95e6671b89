package nprand

import (
	"math"
	"slices"
)

// uniform returns a draw of [0, n), 0 < n < 2³²; nothing is drawn for n = 1.
//
// Source: random_bounded_uint64 in numpy/random/src/distributions/distributions.c,
// which is Lemire's method.
func (g *Generator) uniform(n int) int {
	if n == 1 {
		return 0
	}
	size := uint32(n)
	m := uint64(g.uint32()) * uint64(size)
	for threshold := -size % size; uint32(m) < threshold; {
		m = uint64(g.uint32()) * uint64(size)
	}
	return int(m >> 32)
}

// Choice returns choice(n, k, replace=False): k of 0 … n-1 in random order.
//
// Source: Generator.choice in numpy/random/_generator.pyx.
func (g *Generator) Choice(n, k int) []int {
	var out []int
	if n > 10_000 && k > n/50 {
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		for i := n - 1; i >= max(n-k, 1); i-- {
			j := g.uniform(i + 1)
			list[i], list[j] = list[j], list[i]
		}
		return list[n-k:]
	}
	taken := make(map[int]bool, k) // Floyd's algorithm
	for j := n - k; j < n; j++ {
		v := g.uniform(j + 1)
		if taken[v] {
			v = j
		}
		taken[v] = true
		out = append(out, v)
	}
	for i := k - 1; i > 0; i-- {
		j := g.uniform(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// Split returns the rows of the test part that
// datasets.Dataset.train_test_split(test_size=size, seed=seed) draws of n rows.
func Split(seed uint64, n, size int) []int { return NewGenerator(seed).Perm(n)[:size] }

// StratifiedSplit returns the rows of the test part that
// datasets.Dataset.train_test_split(test_size=size, seed=seed, stratify_by_column=…)
// draws of rows of the given classes, 0 … k-1, each of which has rows: each class has
// its share, as near as can be. 0 < size < len(classes).
//
// Source: stratified_shuffle_split_generate_indices in datasets/utils/stratify.py.
func StratifiedSplit(seed uint64, classes []int, size int) []int {
	_, test := StratifiedSplits(seed, classes, len(classes)-size, size)
	return test
}

// StratifiedSplits returns both parts of that, with the size of the train part given too.
func StratifiedSplits(seed uint64, classes []int, trainSize, testSize int) (train, test []int) {
	g := NewGenerator(seed)
	members := make([][]int, slices.Max(classes)+1)
	for i, c := range classes {
		members[c] = append(members[c], i)
	}
	count := make([]int, len(members))
	for c, rows := range members {
		count[c] = len(rows)
	}
	trains := g.approximateMode(count, trainSize)
	rest := make([]int, len(count))
	for c := range rest {
		rest[c] = count[c] - trains[c]
	}
	tests := g.approximateMode(rest, testSize)
	var trained, tested []int
	for c, rows := range members {
		order := g.Perm(len(rows))
		for i, k := range order {
			switch {
			case i < trains[c]:
				trained = append(trained, rows[k])
			case i < trains[c]+tests[c]:
				tested = append(tested, rows[k])
			}
		}
	}
	train = g.Shuffled(trained)
	return train, g.Shuffled(tested)
}

// Shuffled returns permutation(list): its members in random order.
func (g *Generator) Shuffled(list []int) []int {
	out := make([]int, len(list))
	for i, k := range g.Perm(len(list)) {
		out[i] = list[k]
	}
	return out
}

// approximateMode returns how many of each class, which have count members, come with n
// draws: the share rounded down, and one more of those of the largest remainders.
func (g *Generator) approximateMode(count []int, n int) []int {
	total := 0
	for _, c := range count {
		total += c
	}
	out, rest := make([]int, len(count)), make([]float64, len(count))
	left := n
	for c, size := range count {
		exact := float64(n*size) / float64(total)
		out[c] = int(math.Floor(exact))
		rest[c] = exact - math.Floor(exact)
		left -= out[c]
	}
	values := slices.Compact(slices.Sorted(slices.Values(rest)))
	for _, value := range slices.Backward(values) {
		var equal []int
		for c, r := range rest {
			if r == value {
				equal = append(equal, c)
			}
		}
		if left <= 0 {
			break
		}
		for _, k := range g.Choice(len(equal), min(left, len(equal))) {
			out[equal[k]]++
			left--
		}
	}
	return out
}
