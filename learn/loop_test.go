package learn

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/matrix"
)

// tiny is a classifier of 60 texts: a text of token 2c or 2c+1 is of class c.
type tiny struct {
	rows  *Rows
	head  *Head
	table *SparseAdam
	dense *Adam
	bags  *Bags
	y     []int
}

func newTiny() *tiny {
	random := nprand.NewGenerator(7)
	m := &tiny{rows: &Rows{Table: matrix.New(10, 16)}, bags: &Bags{}}
	for i := range m.rows.Table.Data {
		m.rows.Table.Data[i] = float32(random.Float64() - 0.5)
	}
	for i := range 60 {
		m.y = append(m.y, i%3)
		m.bags.Append([]int32{int32(2*(i%3) + i%2), int32(6 + i%4)})
	}
	m.head = NewHead(random, 16, []int{8}, 3)
	m.table, m.dense = NewSparseAdam(DefaultAdam, m.rows.Table), NewAdam(DefaultAdam, m.head.Params()...)
	return m
}

func (m *tiny) forward(examples []int) (*Bags, *Pass, []int) {
	bags, y := m.bags.Select(examples), []int(nil)
	for _, i := range examples {
		y = append(y, m.y[i])
	}
	return bags, m.head.Forward(m.rows.Means(bags)), y
}

func (m *tiny) step(examples []int, rate float64) float64 {
	bags, pass, y := m.forward(examples)
	loss, slope := CrossEntropy(pass.Out(), y, ClassOptions{})
	slope, layers := m.head.Backward(pass, slope)
	m.table.Step(rate, m.rows.Gradient(bags, slope).Rows)
	m.dense.Step(rate, layers...)
	return loss
}

func (m *tiny) loop() *Loop {
	return &Loop{
		Examples: 50, Batch: 8, Epochs: 30, Seed: 1, Schedule: NewPlateau(0.02), Stop: NewEarlyStop(false),
		Params: []Optimiser{m.table, m.dense}, Step: m.step,
		Validate: func() (Validation, error) {
			_, pass, y := m.forward([]int{50, 51, 52, 53, 54, 55, 56, 57, 58, 59})
			loss, _ := CrossEntropy(pass.Out(), y, ClassOptions{})
			return Validation{loss, loss}, nil
		},
	}
}

func TestLoopLearnsTheSameOnAnyCores(t *testing.T) {
	var first []float32
	for _, procs := range []int{1, 2, 3} {
		before := runtime.GOMAXPROCS(procs)
		m := newTiny()
		result, err := m.loop().Run(t.Context())
		runtime.GOMAXPROCS(before)
		if err != nil || result.Best.Loss > 0.1 || result.Best.Step == 0 {
			t.Fatalf("%+v, %v", result, err)
		}
		all := slices.Concat(m.rows.Table.Data, m.head.Layers[0].Weight.Data)
		if first == nil {
			first = all
		}
		if !slices.Equal(first, all) {
			t.Errorf("%d cores: other parameters", procs)
		}
	}
}

func TestBestStateIsKept(t *testing.T) {
	m := newTiny()
	l := m.loop()
	losses := []float64{3, 2, 2.5, 2.4, 2.3, 2.2, 2.1, 1}
	var states [][]float32
	l.Validate = func() (Validation, error) {
		states = append(states, slices.Clone(m.rows.Table.Data))
		return Validation{losses[len(states)-1], losses[len(states)-1]}, nil
	}
	var records []Record
	l.Tell = func(r Record) { records = append(records, r) }
	result, err := l.Run(t.Context())
	if err != nil || result.Best.Epoch != 2 || result.Epochs != 7 || len(records) != 7 || !records[1].Best || records[2].Best {
		t.Fatalf("%+v, %v", result, err)
	}
	if !slices.Equal(m.rows.Table.Data, states[1]) {
		t.Error("the rows are not those of the best validation")
	}
}

func TestBadLossKeepsTheBestState(t *testing.T) {
	m := newTiny()
	l := m.loop()
	steps := 0
	l.Step = func(examples []int, rate float64) float64 {
		if steps++; steps == 10 {
			m.step(examples, rate)
			return math.NaN()
		}
		return m.step(examples, rate)
	}
	_, err := l.Run(t.Context())
	bad, ok := errors.AsType[*NotFiniteError](err)
	if !ok || bad.Step != 10 || bad.Epoch != 2 {
		t.Fatalf("%v", err)
	}
	other := newTiny()
	one := other.loop()
	one.Epochs = 1
	if _, err := one.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.rows.Table.Data, other.rows.Table.Data) {
		t.Error("the rows are not those of the end of epoch 1")
	}
}

func TestInterruptedBeforeAValidation(t *testing.T) {
	m := newTiny()
	before := slices.Clone(m.rows.Table.Data)
	ctx, cancel := context.WithCancel(t.Context())
	l := m.loop()
	l.Step = func(examples []int, rate float64) float64 { cancel(); return m.step(examples, rate) }
	result, err := l.Run(ctx)
	if !errors.Is(err, context.Canceled) || result.Steps != 1 || result.Best.Step != 0 || !slices.Equal(before, m.rows.Table.Data) {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestEarlyStop(t *testing.T) {
	check := func(larger bool, scores []float64, want int) {
		t.Helper()
		e := NewEarlyStop(larger)
		for i, s := range scores {
			if e.Step(s) {
				if i != want {
					t.Errorf("%v stops at %d, want %d", scores, i, want)
				}
				return
			}
		}
		t.Errorf("%v does not stop", scores)
	}
	check(true, []float64{0.5, 0.6, 0.6005, 0.6, 0.5, 0.6, 0.6, 0.7}, 6)
	check(false, []float64{1, 2, 0.9995, 2, 2, 2}, 5)
	check(false, []float64{math.NaN(), math.NaN(), 1, 1, 1, 1, 1, 1}, 7)
}

func TestWarmUp(t *testing.T) {
	w := WarmUp{Peak: 1, Warm: 2, Total: 6}
	for step, want := range []float64{0, 0.5, 1, 0.75, 0.5, 0.25, 0} {
		if got := w.Rate(step); got != want {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
}

func TestDropKeepsAToken(t *testing.T) {
	b := &Bags{}
	for i := range 1000 {
		b.Append([]int32{int32(i), 1, 2, 3}[:1+i%4])
	}
	b.Append(nil)
	d := b.Drop(0.5, nprand.NewGenerator(1))
	if d.Len() != 1001 || len(d.Text(1000)) != 0 {
		t.Fatalf("%d texts", d.Len())
	}
	for i := range 1000 {
		if len(d.Text(i)) == 0 {
			t.Fatalf("text %d has no token", i)
		}
	}
	if n := len(d.IDs); n < 1250 || n > 1650 {
		t.Errorf("%d of %d tokens are left", n, len(b.IDs))
	}
}

func TestBatchSizeAndInterval(t *testing.T) {
	for _, c := range [][4]int{{900, 32, 900, 0}, {9600, 320, 9600, 0}, {1 << 20, 512, 1 << 20, 512}, {130_000, 512, 130_000, 250}} {
		if got := BatchSize(c[0]); got != c[1] || Interval(c[2], got) != c[3] {
			t.Errorf("%d examples: batch %d, interval %d, want %d", c[0], got, Interval(c[2], got), c)
		}
	}
}

// A run that goes on from a checkpoint ends with the parameters of an unbroken one.
func TestResume(t *testing.T) {
	for _, every := range []int{0, 5} {
		whole := newTiny()
		l := whole.loop()
		l.Every = every
		want, err := l.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		broken := newTiny()
		l = broken.loop()
		l.Every = every
		stop := errors.New("stop")
		var at LoopState
		var dense AdamState
		var table SparseState
		validations := 0
		l.Checkpoint = func(s LoopState) error {
			if validations++; validations < 4 {
				return nil
			}
			at, dense, table = s, broken.dense.State(), broken.table.State()
			dense.Params, dense.M, dense.V, dense.Restored = cloned(dense.Params), cloned(dense.M), cloned(dense.V), cloned(dense.Restored)
			return stop
		}
		if _, err := l.Run(t.Context()); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		again := newTiny()
		again.dense.SetState(dense)
		again.table.SetState(table)
		next := again.loop()
		next.Every, next.Start = every, &at
		next.Stop.State, next.Schedule.(*Plateau).State = l.Stop.State, l.Schedule.(*Plateau).State
		got, err := next.Run(t.Context())
		if err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
		if !slices.Equal(again.rows.Table.Data, whole.rows.Table.Data) || !slices.Equal(again.head.Layers[0].Weight.Data, whole.head.Layers[0].Weight.Data) {
			t.Errorf("every %d: other parameters", every)
		}
	}
}

func cloned(list [][]float32) (out [][]float32) {
	for _, x := range list {
		out = append(out, slices.Clone(x))
	}
	return out
}
