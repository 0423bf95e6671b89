package nprand

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// digest is that of testdata/gen/draws.py.
func digest(list []int) string {
	text := strings.Trim(fmt.Sprint(list), "[]")
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16]
}

// testdata/gen/draws.py, Python 3.11.
func TestPython(t *testing.T) {
	for seed, want := range map[uint64]string{
		42:        "[1 0 4 9] [7 4 23] [104 692 758 913 558 89 604] [5 0 2 6 0 2] a3ddd440fd11974e [1 3 0]",
		3<<32 + 7: "[5 4 9 3] [14 25 26] [33 455 153 217 431 68 982] [1 4 7 3 7 5] 0a5a065a3efc33c5 [2 1 0]",
	} {
		r := NewPython(seed)
		got := fmt.Sprint(r.Sample(10, 4), r.Sample(30, 3), r.Sample(1000, 7), r.Choices(12, 6))
		got += fmt.Sprint(" ", digest(r.Sample(100_003, 5000)), " ", r.Choices(5, 3))
		if got != want {
			t.Errorf("seed %d: %s, want %s", seed, got, want)
		}
	}
}

// testdata/gen/draws.py, numpy 2.4.6.
func TestChoice(t *testing.T) {
	for seed, want := range map[uint64]string{
		0:  "[0] [3 4] [3 1 2 4 0] [5 8 3 4] d564b245838739dc 6fa97508970f7ebb [3 5 6]",
		42: "[0] [0 3] [2 1 4 0 3] [7 5 6 8] 90848f20da04559f 4f064b427d34d9f9 [4 3 2]",
	} {
		g := NewGenerator(seed)
		got := fmt.Sprint(g.Choice(1, 1), g.Choice(5, 2), g.Choice(5, 5), g.Choice(9, 4))
		got += fmt.Sprint(" ", digest(g.Choice(20_000, 300)), " ", digest(g.Choice(20_000, 500)), " ", g.Choice(7, 3))
		if got != want {
			t.Errorf("seed %d: %s, want %s", seed, got, want)
		}
	}
}

// testdata/gen/draws.py, datasets 5.
func TestStratifiedSplit(t *testing.T) {
	for _, c := range []struct {
		n, k, size int
		digest     string
		first      []int
	}{
		{30, 4, 7, "afb14195223bec72", []int{23, 7, 13, 28, 12}},
		{1000, 5, 128, "8a965eb92f27c53a", []int{884, 781, 140, 819, 229}},
		{4000, 17, 2048, "bbe5baa9a70da311", []int{1769, 2005, 2016, 1021, 395}},
	} {
		classes := make([]int, c.n)
		for i := range classes {
			classes[i] = (i*i + i/7) % c.k
		}
		seen := slices.Compact(slices.Sorted(slices.Values(classes)))
		for i, v := range classes {
			classes[i], _ = slices.BinarySearch(seen, v)
		}
		got := StratifiedSplit(42, classes, c.size)
		if len(got) != c.size || !slices.Equal(got[:5], c.first) || digest(got) != c.digest {
			t.Errorf("%d of %d rows: %v … %s, want %v … %s", len(got), c.n, got[:5], digest(got), c.first, c.digest)
		}
	}
}
