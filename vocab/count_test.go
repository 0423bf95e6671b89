package vocab

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCounterIsPython(t *testing.T) {
	var golden []struct {
		Texts []string
		Want  [][2]any
	}
	readGolden(t, "count.json", &golden)
	for _, c := range golden {
		var counter Counter
		for _, text := range c.Texts {
			// A byte at a time: words reach across reads.
			if err := counter.Add(iotest.OneByteReader(strings.NewReader(text))); err != nil {
				t.Fatal(err)
			}
		}
		got := counter.Top(0)
		for i, want := range c.Want {
			word, n := want[0].(string), int(want[1].(float64))
			if i >= len(got) || got[i] != word || counter.counts[word].n != n {
				t.Errorf("%.30q: word %d is %q, want %q × %d", c.Texts[0], i, got[min(i, len(got)-1)], word, n)
				break
			}
		}
		if len(got) != len(c.Want) {
			t.Errorf("%.30q: %d words, want %d", c.Texts[0], len(got), len(c.Want))
		}
	}
}

func TestCounterForgets(t *testing.T) {
	c := Counter{MaxWords: 4}
	if err := c.Add(strings.NewReader("a a a b b c d e f g")); err != nil {
		t.Fatal(err)
	}
	// At e, c and d are forgotten; at g, e and f are.
	if got, want := c.Top(0), []string{"a", "b", "g"}; !slices.Equal(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
	if forgotten, _ := c.Dropped(); forgotten != 4 {
		t.Errorf("%d words forgotten, want 4", forgotten)
	}
}

func TestCounterSkipsEndlessWords(t *testing.T) {
	var c Counter
	if err := c.Add(strings.NewReader("x " + strings.Repeat("y", 1<<20) + " z x\xff")); err != nil {
		t.Fatal(err)
	}
	if got, want := c.Top(3), []string{"x", "z", "\ufffd"}; !slices.Equal(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
	if _, tooLong := c.Dropped(); tooLong != 1 {
		t.Errorf("%d words too long, want 1", tooLong)
	}
}

func TestCounterReportsReadErrors(t *testing.T) {
	var c Counter
	broken := errors.New("broken")
	if err := c.Add(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}
