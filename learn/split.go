package learn

import (
	"math"
	"slices"

	"github.com/m2v-dev/m2v/internal/nprand"
)

// MaxValidation is how many examples a part of the training set may have that is kept for
// validation.
const MaxValidation = 10_000

// Split returns the examples of 0 … n−1 to train with and those to validate with, a part
// of them, 0 < part < 1, at most MaxValidation; both ascending. Where classes are given
// (n) each has its share of both, unless one has a single example, or there are more
// classes than examples to validate with.
//
// Source: split_indices in model2vec's train/utils.py.
func Split(n int, part float64, classes []int, seed uint64) (train, validate []int) {
	size := min(int(math.RoundToEven(float64(n)*part)), MaxValidation)
	size = min(max(1, size), max(n-1, 0))
	random := nprand.NewGenerator(seed)
	strata := strata(classes)
	if strata == nil || len(strata) > size {
		order := random.Perm(n)
		train, validate = order[size:], order[:size]
	} else {
		sizes := stratumSizes(strata, size, n)
		for i, members := range strata {
			order := random.Shuffled(members)
			validate = append(validate, order[:sizes[i]]...)
			train = append(train, order[sizes[i]:]...)
		}
	}
	slices.Sort(train)
	slices.Sort(validate)
	return train, validate
}

// strata returns the examples of each class, in the order of the first of each; nil if a
// class has only one.
func strata(classes []int) [][]int {
	var list [][]int
	at := map[int]int{}
	for i, c := range classes {
		if _, ok := at[c]; !ok {
			at[c] = len(list)
			list = append(list, nil)
		}
		list[at[c]] = append(list[at[c]], i)
	}
	for _, members := range list {
		if len(members) < 2 {
			return nil
		}
	}
	return list
}

// stratumSizes divides size among the strata in proportion to their members, n in all: each
// gives at least one and keeps at least one.
func stratumSizes(strata [][]int, size, n int) []int {
	quotas, counts := make([]float64, len(strata)), make([]int, len(strata))
	excess := -size
	for i, members := range strata {
		quotas[i] = float64(len(members)) * float64(size) / float64(n)
		counts[i] = min(max(int(math.RoundToEven(quotas[i])), 1), len(members)-1)
		excess += counts[i]
	}
	for excess != 0 {
		step := 1
		if excess < 0 {
			step = -1
		}
		best := -1
		for i, count := range counts {
			free := step > 0 && count > 1 || step < 0 && count < len(strata[i])-1
			if free && (best < 0 || (float64(count)-quotas[i])*float64(step) > (float64(counts[best])-quotas[best])*float64(step)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		counts[best] -= step
		excess -= step
	}
	return counts
}
