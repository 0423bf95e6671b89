package nprand

import (
	"slices"
	"testing"
)

// The numbers are NumPy 2.4.6's: r = RandomState(seed), then r.random_sample(2),
// r.randint(0, 7532, 4), r.permutation(10), 700 times r.randint(1000), r.uniform().
func TestStateIsRandomState(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		two  []float64
		four []int
		perm []int
		int  int // the last of 700
		end  float64
	}{
		{0, []float64{0.5488135039273248, 0.7151893663724195}, []int{4931, 4859, 5827, 7527}, []int{1, 6, 8, 7, 0, 4, 2, 5, 3, 9}, 374, 0.9040443929009577},
		{42, []float64{0.3745401188473625, 0.9507143064099162}, []int{5226, 5191, 3772, 3092}, []int{0, 1, 5, 3, 4, 7, 8, 9, 2, 6}, 252, 0.0944429607559284},
		{1<<32 - 1, []float64{0.0976320289940138, 0.9123828453026218}, []int{6068, 4310, 506, 4569}, []int{9, 4, 5, 1, 6, 8, 7, 3, 2, 0}, 956, 0.8908042113744254},
		// RandomState([7, 3])
		{3<<32 + 7, []float64{0.9770716452238201, 0.2604433886759464}, []int{2364, 5952, 2258, 7277}, []int{4, 6, 5, 8, 2, 1, 9, 7, 0, 3}, 346, 0.7758388802308506},
	} {
		s := NewState(c.seed)
		two := []float64{s.Float64(), s.Float64()}
		four := []int{s.IntN(7532), s.IntN(7532), s.IntN(7532), s.IntN(7532)}
		perm := s.Perm(10)
		last := 0
		for range 700 {
			last = s.IntN(1000)
		}
		end := s.Float64()
		if !slices.Equal(two, c.two) || !slices.Equal(four, c.four) || !slices.Equal(perm, c.perm) || last != c.int || end != c.end {
			t.Errorf("seed %d: %v %v %v %d %v, want %v", c.seed, two, four, perm, last, end, c)
		}
	}
}

// r = RandomState(0), then r.randint(0, 1, 3), r.randint(0, 2**31 - 1, 2), r.randint(0, 5, 3).
func TestIntNAtItsBounds(t *testing.T) {
	s := NewState(0)
	var got []int
	for _, n := range []int{1, 1, 1, 1<<31 - 1, 1<<31 - 1, 5, 5, 5} {
		got = append(got, s.IntN(n))
	}
	if want := []int{0, 0, 0, 209652396, 398764591, 0, 3, 3}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The numbers are NumPy 2.4.6's: default_rng(seed).permutation of 10, of 9, and the
// first and last three of 100,003, from one generator.
func TestGeneratorIsDefaultRNG(t *testing.T) {
	for _, c := range []struct {
		seed        uint64
		ten, nine   []int
		first, last []int
	}{
		{0, []int{4, 6, 2, 7, 3, 5, 9, 0, 8, 1}, []int{2, 8, 3, 6, 0, 4, 7, 5, 1}, []int{5586, 99424, 62039}, []int{75686, 45831, 69747}},
		{42, []int{5, 6, 0, 7, 3, 2, 4, 9, 1, 8}, []int{6, 8, 4, 2, 5, 3, 0, 7, 1}, []int{28185, 11728, 49778}, []int{30822, 40587, 69673}},
		{1<<40 + 5, []int{8, 1, 2, 5, 3, 0, 9, 7, 4, 6}, []int{3, 5, 0, 7, 2, 6, 8, 4, 1}, []int{79006, 71981, 21390}, []int{93379, 1948, 20449}},
	} {
		g := NewGenerator(c.seed)
		ten, nine, many := g.Perm(10), g.Perm(9), g.Perm(100_003)
		if !slices.Equal(ten, c.ten) || !slices.Equal(nine, c.nine) || !slices.Equal(many[:3], c.first) || !slices.Equal(many[100_000:], c.last) {
			t.Errorf("seed %d: %v %v %v … %v, want %v", c.seed, ten, nine, many[:3], many[100_000:], c)
		}
	}
}

// The numbers are NumPy 2.4.6's: list(range(10)), shuffled again and again by
// RandomState(42).shuffle, which is how mteb draws examples.
func TestShuffle(t *testing.T) {
	list := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	for i, want := range [][]int{{8, 1, 5, 0, 7, 2, 9, 4, 3, 6}, {3, 1, 2, 8, 4, 5, 6, 7, 0, 9}, {0, 1, 5, 3, 7, 2, 9, 4, 8, 6}} {
		if NewState(42).Shuffle(list); !slices.Equal(list, want) {
			t.Errorf("shuffle %d: %v, want %v", i+1, list, want)
		}
	}
}

// The numbers are NumPy 2.4.6's: r = default_rng(42), then r.random(3), r.permutation(5).
func TestGeneratorFloats(t *testing.T) {
	g := NewGenerator(42)
	for _, want := range []float64{0.7739560485559633, 0.4388784397520523, 0.8585979199113825} {
		if got := g.Float64(); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if got := g.Shuffled([]int{0, 1, 2, 3, 4}); !slices.Equal(got, []int{2, 4, 0, 1, 3}) {
		t.Errorf("permutation %v", got)
	}
}
