package pairs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/static"
)

func openBase(t *testing.T) *static.Model {
	t.Helper()
	m, err := static.Open(filepath.Join("..", "static", "testdata", "float32"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, s Source) *Data {
	t.Helper()
	encoder, err := openBase(t).NewEncoder(static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(t.Context(), s, encoder)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// matched are pairs of which the second text follows from the first.
func matched(n int, negative bool) string {
	left := strings.Fields("river stone house garden winter summer morning music")
	right := strings.Fields("paper window bridge mountain old new big red")
	random := nprand.NewGenerator(1)
	var b bytes.Buffer
	for range n {
		i, j := int(random.Float64()*8), int(random.Float64()*8)
		pair := map[string]any{"anchor": left[i] + " " + left[j], "positive": right[i] + " " + right[j]}
		if negative {
			pair["negative"] = []string{right[(i+1)%8], right[(j+3)%8]}
		}
		line, _ := json.Marshal(pair)
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.String()
}

func quick() Options {
	o := DefaultOptions()
	o.Batch, o.Epochs, o.Rate = 16, 8, 0.1
	return o
}

func TestPairsAreLearned(t *testing.T) {
	for name, change := range map[string]func(*Options, *Source){
		"plain":      func(*Options, *Source) {},
		"matryoshka": func(o *Options, _ *Source) { o.Dims = Dims{4, 12} },
		"negatives":  func(_ *Options, s *Source) { s.Negative = "negative" },
		"random":     func(o *Options, _ *Source) { o.Random, o.Rate = 32, 0.2 },
	} {
		o, s := quick(), Source{File: write(t, "pairs.jsonl", matched(300, true))}
		change(&o, &s)
		var records []learn.Record
		base := openBase(t)
		out, err := Train(t.Context(), base, read(t, s), o, func(r learn.Record) { records = append(records, r) })
		if err != nil {
			t.Fatal(err)
		}
		if first, last := records[0].Loss, out.Best.Loss; !(last < 0.9*first) || out.Pairs != 270 || out.HeldOut != 30 || out.Touched > 16 {
			t.Errorf("%s: from %v to %v, %d and %d pairs, %d rows", name, first, last, out.Pairs, out.HeldOut, out.Touched)
		}
		if want := dims(base, o); out.Dims() != want {
			t.Errorf("%s: %d dimensions, want %d", name, out.Dims(), want)
		}
	}
}

func dims(base *static.Model, o Options) int {
	if o.Random > 0 {
		return o.Random
	}
	return base.Dims()
}

// Scores order the cosines.
func TestScoresAreLearned(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		score, second := "5.0", "stone bridge"
		if i%2 == 0 {
			score, second = "1.5", "winter music"
		}
		fmt.Fprintf(&b, "%s\tstone house\t%s\n", score, second)
	}
	d := read(t, Source{File: write(t, "sts.tsv", b.String()), Anchor: "2", Positive: "3", Score: "1"})
	if d.Len() != 100 || !slices.Equal(d.Scores[:2], []float64{1.5, 5}) {
		t.Fatalf("%d pairs, scores %v", d.Len(), d.Scores)
	}
	out, err := Train(t.Context(), openBase(t), d, quick(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cosine := func(text string) float64 {
		a, err := out.EncodeOne("stone house", static.Options{})
		b, err2 := out.EncodeOne(text, static.Options{})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		var sum float64
		for i := range a {
			sum += float64(a[i]) * float64(b[i])
		}
		return sum
	}
	if like, unlike := cosine("stone bridge"), cosine("winter music"); like < unlike+0.3 {
		t.Errorf("cosines %v and %v", like, unlike)
	}
}

func TestSameRowsOnAnyCores(t *testing.T) {
	d := read(t, Source{File: write(t, "pairs.jsonl", matched(200, false))})
	var first []byte
	for _, procs := range []int{1, 3} {
		before := runtime.GOMAXPROCS(procs)
		out, err := Train(t.Context(), openBase(t), d, quick(), nil)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Table().Bytes
		}
		if !bytes.Equal(first, out.Table().Bytes) {
			t.Errorf("%d cores: other rows", procs)
		}
	}
}

func TestBrokenOff(t *testing.T) {
	d := read(t, Source{File: write(t, "pairs.jsonl", matched(200, false))})
	ctx, cancel := context.WithCancel(t.Context())
	out, err := Train(ctx, openBase(t), d, quick(), func(r learn.Record) {
		if r.Epoch == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || out == nil || out.Best.Step == 0 {
		t.Errorf("%+v, %v", out, err)
	}
	o := quick()
	o.Rate = 1e38 // of float32 rows
	out, err = Train(t.Context(), openBase(t), d, o, nil)
	if bad, ok := errors.AsType[*learn.NotFiniteError](err); !ok || bad.Step < 2 || out == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, _, found := out.NotFinite(); found {
		t.Error("the rows that are kept are not finite")
	}
}

func TestReadFaults(t *testing.T) {
	encoder, err := openBase(t).NewEncoder(static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	good := strings.Repeat(`{"anchor":"stone","positive":"bridge","score":1}`+"\n", 20)
	check := func(text, want string, change func(*Source)) {
		t.Helper()
		s := Source{File: write(t, "pairs.jsonl", text)}
		change(&s)
		_, err := Read(t.Context(), s, encoder)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	none := func(*Source) {}
	check(good+`{"anchor":"stone"}`, `record 21: field "positive" is missing or null`, none)
	check(good+`{"anchor":"stone","positive":3}`, `record 21: field "positive" is not a string: 3`, none)
	check(good+`{"anchor":"stone","positive":"river","score":"high"}`, `field "score" is not a finite number`, func(s *Source) { s.Score = "score" })
	check(good, "negatives or scores, not both", func(s *Source) { s.Score, s.Negative = "score", "negative" })
	check(`{"anchor":"stone","positive":"river"}`, "1 pairs with tokens on both sides", none)
	// Infinity trained, and then could not be written; the rows of the last did not fit into memory.
	for want, change := range map[string]func(*Options){
		"learning-rate NaN is not above 0 and finite":          func(o *Options) { o.Rate = math.NaN() },
		"learning-rate +Inf is not above 0 and finite":         func(o *Options) { o.Rate = math.Inf(1) },
		"temperature +Inf is not above 0 and finite":           func(o *Options) { o.Temperature = math.Inf(1) },
		"random-rows 2000000000 is more than 16384 dimensions": func(o *Options) { o.Random = 2_000_000_000 },
	} {
		o := DefaultOptions()
		change(&o)
		if _, err := Train(t.Context(), openBase(t), &Data{}, o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
