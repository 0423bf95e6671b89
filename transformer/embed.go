package transformer

import (
	"context"
	"fmt"
	"sync"

	"github.com/m2v-dev/m2v/matrix"
)

// Embed runs each sequence of ids and writes its pooled vector to the row of dst
// (len(ids)×H) of the same index. progress, which may be nil, is told how many
// sequences are done, from one goroutine at a time. Values written are finite.
//
// All ids are checked before the first run. The result does not depend on the
// number of threads: each batch runs on one, and batches are made by length and
// order alone. When ctx ends, so does Embed, with ctx's error; dst then holds
// some of the rows.
func (t *Teacher) Embed(ctx context.Context, ids [][]int, dst *matrix.Matrix, progress func(done int)) error {
	return t.EmbedAll(ctx, ids, []Pooling{t.options.Pooling}, []*matrix.Matrix{dst}, progress)
}

// EmbedAll is Embed for several poolings in one forward pass: poolings[k] writes to
// dst[k]. Pooler reads another output of the graph than the others do, so it goes
// with a teacher that was opened for it, and alone.
func (t *Teacher) EmbedAll(ctx context.Context, ids [][]int, poolings []Pooling, dst []*matrix.Matrix, progress func(done int)) error {
	for k, p := range poolings {
		if dst[k].Rows != len(ids) || dst[k].Cols != t.width {
			return errShape
		}
		if (p == Pooler) != (t.options.Pooling == Pooler) {
			return fmt.Errorf("transformer: embed: pooling %s does not work with a teacher that was opened for %s", p, t.options.Pooling)
		}
		if t.options.FirstPosition && p != First {
			return fmt.Errorf("transformer: embed: pooling %s does not work with a teacher that was opened for the first position", p)
		}
	}
	if err := t.check(ids); err != nil {
		return err
	}
	return t.forEach(ctx, ids, progress, func(r *runner, member int, states []float32, length int) {
		for k, p := range poolings {
			row := dst[k].Row(member)
			p.pool(row, states, length, t.options.SpecialTokens, r.sum)
			t.count(makeFinite(row))
		}
	})
}

// check is CheckIDs, together with the length that a graph may have fixed.
func (t *Teacher) check(ids [][]int) error {
	if err := t.info.CheckIDs(ids); err != nil {
		return err
	}
	_, fixed := t.info.fixed()
	if fixed == 0 {
		return nil
	}
	for i, sequence := range ids {
		if len(sequence) > fixed || (len(sequence) < fixed && !t.hasMask()) {
			return fmt.Errorf("transformer: sequence %d has %d ids, and %s takes %d", i, len(sequence), t.info.File, fixed)
		}
	}
	return nil
}

// forEach runs all sequences and calls put for each, from several goroutines but
// never twice for one member. put may keep nothing of states.
func (t *Teacher) forEach(ctx context.Context, ids [][]int, progress func(int), put func(r *runner, member int, states []float32, length int)) error {
	lengths := make([]int, len(ids))
	for i, sequence := range ids {
		lengths[i] = len(sequence)
	}
	batches := plan(lengths, t.batchRows(), t.batchTokens(), !t.hasMask())
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan batch)
	go func() {
		defer close(next)
		for _, b := range batches {
			select {
			case next <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	var report sync.Mutex
	var wg sync.WaitGroup
	done := 0
	for range min(t.options.Threads, len(batches)) {
		wg.Go(func() {
			r := &runner{t: t, sum: make([]float64, t.width)}
			defer r.end()
			for b := range next {
				err := r.run(ctx, b, ids, func(member int, states []float32, length int) { put(r, member, states, length) })
				if err != nil {
					cancel(err)
					return
				}
				report.Lock()
				done += len(b.members)
				if progress != nil {
					progress(done)
				}
				report.Unlock()
				t.countBatch(len(b.members))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// batchRows is the number of sequences in a batch, 0 if their length decides.
func (t *Teacher) batchRows() int {
	if rows, _ := t.info.fixed(); rows > 0 {
		return rows
	}
	return t.BatchSize()
}

// batchTokens is the number of positions in a batch whose length decides.
func (t *Teacher) batchTokens() int {
	if t.options.Provider.OnCPU() {
		return batchTokens
	}
	return deviceTokens
}

func (t *Teacher) hasMask() bool {
	_, ok := t.info.model.Input("attention_mask")
	return ok
}

// count notes a vector and how many of its values were not finite.
func (t *Teacher) count(nonFinite int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.count(nonFinite)
}

func (s *Stats) count(nonFinite int) {
	s.Vectors++
	if nonFinite > 0 {
		s.NonFinite += nonFinite
		s.NonFiniteRows++
	}
}

func (t *Teacher) countBatch(sequences int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Batches++
	t.stats.Sequences += sequences
}
