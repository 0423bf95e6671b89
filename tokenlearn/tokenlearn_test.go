package tokenlearn

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// corpus is a teacher of texts of words: a text's vector is the mean of random vectors of
// its words, and some noise.
type corpus struct {
	texts   []string
	vectors *matrix.Matrix // N×H
}

var words = strings.Fields("stone bridge music summer river house winter garden morning paper window mountain")

func newCorpus(n, width int) *corpus {
	r := rand.New(rand.NewPCG(3, 0))
	of := matrix.New(len(words), width)
	for i := range of.Data {
		of.Data[i] = float32(r.NormFloat64())
	}
	c := &corpus{vectors: matrix.New(n, width)}
	for i := range n {
		var text []string
		for range 3 + r.IntN(4) {
			w := r.IntN(len(words))
			text = append(text, words[w])
			for j, v := range of.Row(w) {
				c.vectors.Row(i)[j] += v + float32(r.NormFloat64()/10)
			}
		}
		c.texts = append(c.texts, strings.Join(text, " "))
	}
	return c
}

func (c *corpus) Len() int   { return len(c.texts) }
func (c *corpus) Width() int { return c.vectors.Cols }

// Each implements features.Source, in batches of 100, copies that visit may change.
func (c *corpus) Each(_ context.Context, visit func(int, []string, *matrix.Matrix) error) error {
	for from := 0; from < c.Len(); from += 100 {
		to := min(from+100, c.Len())
		y := &matrix.Matrix{Rows: to - from, Cols: c.Width(), Data: slices.Clone(c.vectors.Data[from*c.Width() : to*c.Width()])}
		if err := visit(from, c.texts[from:to], y); err != nil {
			return err
		}
	}
	return nil
}

func (c *corpus) Texts(_ context.Context, visit func(int, []string) error) error {
	return visit(0, c.texts)
}

func openStart(t *testing.T) *static.Model {
	t.Helper()
	m, err := static.Open(filepath.Join("..", "static", "testdata", "float32"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func quick() Options {
	o := DefaultOptions()
	o.Rate, o.Batch, o.Epochs, o.MinDelta, o.Patience = 0.01, 32, 6, 0, 0
	return o
}

func train(t *testing.T, c *corpus, o Options, w Watch) *Trained {
	t.Helper()
	out, err := Train(t.Context(), openStart(t), -1, c, o, w)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEachLossFalls(t *testing.T) {
	for _, loss := range Losses {
		o := quick()
		o.Loss = loss
		var records []learn.Record
		out := train(t, newCorpus(400, 12), o, Watch{Validate: func(r learn.Record) { records = append(records, r) }})
		first, last := records[0].Loss, out.Best.Loss
		if len(records) != 6 || out.Texts != 360 || out.HeldOut != 40 || !(last < 0.8*first) {
			t.Errorf("%s: %d validations, %d and %d texts, from %v to %v", loss, len(records), out.Texts, out.HeldOut, first, last)
		}
	}
}

func TestSameRowsOnAnyCores(t *testing.T) {
	c := newCorpus(300, 12)
	var first []float32
	for _, procs := range []int{1, 3} {
		before := runtime.GOMAXPROCS(procs)
		out := train(t, c, quick(), Watch{})
		runtime.GOMAXPROCS(before)
		if first == nil {
			first = out.Rows.Data
		}
		if !slices.Equal(first, out.Rows.Data) {
			t.Errorf("%d cores: other rows", procs)
		}
	}
}

// A run that is stopped and goes on makes the rows of one that was not.
func TestResume(t *testing.T) {
	c := newCorpus(400, 12)
	whole := train(t, c, quick(), Watch{})
	o := quick()
	o.Checkpoint, o.CheckpointSteps = filepath.Join(t.TempDir(), "checkpoint"), 10
	ctx, cancel := context.WithCancel(t.Context())
	half, err := Train(ctx, openStart(t), -1, c, o, Watch{Step: func(step int) {
		if step == 40 { // 12 steps an epoch: the checkpoint is of step 36
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || half == nil || half.Rows == nil || half.Best.Step != 36 {
		t.Fatalf("%+v, %v", half, err)
	}
	o.Resume = true
	var steps []int
	again := train(t, c, o, Watch{Step: func(step int) { steps = append(steps, step) }})
	if steps[0] != 37 || again.Result != whole.Result || !slices.Equal(again.Rows.Data, whole.Rows.Data) {
		t.Errorf("from step %d to %+v, want from 37 to %+v, and the same rows", steps[0], again.Result, whole.Result)
	}

	o.Loss = Cosine
	_, err = Train(t.Context(), openStart(t), -1, c, o, Watch{})
	if err == nil || !strings.Contains(err.Error(), `loss is "mse" there and "cosine" here`) {
		t.Errorf("another loss: %v", err)
	}
	o.Loss = MSE
	_, err = Train(t.Context(), openStart(t), -1, newCorpus(399, 12), o, Watch{})
	if err == nil || !strings.Contains(err.Error(), "texts and vectors is") {
		t.Errorf("other texts: %v", err)
	}
	if err := os.WriteFile(o.Checkpoint, []byte("no checkpoint"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = Train(t.Context(), openStart(t), -1, c, o, Watch{}); err == nil || !strings.Contains(err.Error(), "resume from") {
		t.Errorf("a damaged checkpoint: %v", err)
	}
}

func TestBadLossKeepsTheBestRows(t *testing.T) {
	o := quick()
	o.Rate = 1e30 // of float32 rows
	out, err := Train(t.Context(), openStart(t), -1, newCorpus(400, 12), o, Watch{})
	if err == nil || !strings.Contains(err.Error(), "the loss is") || !strings.Contains(err.Error(), "epoch 1") || out == nil || out.Rows != nil {
		t.Fatalf("%+v, %v", out, err)
	}
}

func TestUnusableTexts(t *testing.T) {
	c := newCorpus(200, 12)
	c.texts[3] = ""
	c.vectors.Row(5)[2] = float32(math.NaN())
	clear(c.vectors.Row(7))
	out := train(t, c, quick(), Watch{})
	if out.NoTokens != 1 || out.BadVectors != 2 || out.Texts+out.HeldOut != 197 {
		t.Errorf("%+v", out)
	}
	if _, err := Train(t.Context(), openStart(t), -1, newCorpus(10, 12), quick(), Watch{}); err == nil || !strings.Contains(err.Error(), "10 of 10 texts") {
		t.Errorf("10 texts: %v", err)
	}
}

// Weights fall with the frequency of a token, and the rows are on their components.
func TestPostSIF(t *testing.T) {
	o := quick()
	o.SIF = 1e-3
	out := train(t, newCorpus(300, 12), o, Watch{})
	plain := train(t, newCorpus(300, 12), quick(), Watch{})
	id, ok := openStart(t).Tokenizer().ID("stone")
	if !ok {
		t.Fatal("no such token")
	}
	if got, want := matrix.Norm(out.Rows.Row(int(id))), matrix.Norm(plain.Rows.Row(int(id))); got > 0.1*want {
		t.Errorf("a frequent token's row has length %v, and %v without weights", got, want)
	}
}

func TestCheckpointThatCannotBeWritten(t *testing.T) {
	o := quick()
	o.Checkpoint, o.CheckpointSteps = filepath.Join(t.TempDir(), "absent", "checkpoint"), 1
	out := train(t, newCorpus(200, 12), o, Watch{})
	if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "was not written") {
		t.Errorf("%q", out.Warnings)
	}
}

func TestOptions(t *testing.T) {
	for _, change := range []func(*Options){
		func(o *Options) { o.Loss = "mae" }, func(o *Options) { o.Rate = math.NaN() }, func(o *Options) { o.Batch = 0 }, func(o *Options) { o.Epochs = 0 },
		func(o *Options) { o.Patience = -1 }, func(o *Options) { o.Every = 0 }, func(o *Options) { o.SIF = 1 }, func(o *Options) { o.Resume = true },
		func(o *Options) { o.Temperature = 0 }, func(o *Options) { o.Rate = math.Inf(1) }, func(o *Options) { o.MinDelta = math.NaN() },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.check(); err == nil {
			t.Errorf("%+v is let pass", o)
		}
	}
	if _, err := FindPreset("16M"); err == nil {
		t.Error("a preset 16M")
	}
	if p, err := FindPreset("32m"); err != nil || p.VocabSize != 56_000 {
		t.Errorf("%+v, %v", p, err)
	}
}
