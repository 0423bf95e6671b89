package transformer

import (
	"context"
	"fmt"

	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/runtime"
)

// runner runs batches one after the other and keeps its tensors between those of
// one shape: nearly all batches of a vocabulary.
type runner struct {
	t       *Teacher
	rows    int // B and T of the tensors at hand
	length  int
	inputs  []*runtime.Tensor
	outputs []*runtime.Tensor

	ids, mask, positions []writable  // what inputs of each kind are written through
	states               []float32   // of a float32 output
	half                 []uint16    // of a float16 output
	sum                  []float64   // scratch of Mean, H
	table                *onnx.Table // of word embeddings, where the graph lacks it
	words                []float32   // of the input that takes its rows, B×T×cols
}

// writable is the slice behind an integer input: one of both is set.
type writable struct {
	wide   []int64
	narrow []int32
}

func (w writable) set(i, v int) {
	if w.wide != nil {
		w.wide[i] = int64(v)
	} else {
		w.narrow[i] = int32(v)
	}
}

// shape makes the tensors for B × T, unless they are at hand. width 0 leaves the
// output to the runtime.
func (r *runner) shape(rows, length, width int) error {
	if rows == r.rows && length == r.length && r.outputs != nil {
		return nil
	}
	r.close()
	r.rows, r.length = rows, length
	for _, v := range r.t.inputs {
		tensor, err := r.input(v)
		if err != nil {
			return fmt.Errorf("transformer: input %s: %w", v, err)
		}
		r.inputs = append(r.inputs, tensor)
	}
	if width == 0 {
		r.outputs = []*runtime.Tensor{nil}
		return nil
	}
	out, err := r.output(int64(width))
	if err != nil {
		return fmt.Errorf("transformer: output %s: %w", r.t.output, err)
	}
	r.outputs = []*runtime.Tensor{out}
	return nil
}

func (r *runner) input(v onnx.Value) (*runtime.Tensor, error) {
	if r.t.words && v.Name == r.t.info.fused.Words.Name {
		r.words = make([]float32, r.rows*r.length*r.t.info.table.Cols)
		return runtime.NewTensor(r.words, int64(r.rows), int64(r.length), int64(r.t.info.table.Cols))
	}
	if isPast(v) {
		dims := []int64{int64(r.rows), v.Dims[1].Size, 0, v.Dims[3].Size}
		if v.Type == onnx.Float16 {
			return runtime.NewHalf(nil, dims...)
		}
		return runtime.NewTensor([]float32{}, dims...)
	}
	var w writable
	var tensor *runtime.Tensor
	var err error
	if v.Type == onnx.Int32 {
		w.narrow = make([]int32, r.rows*r.length)
		tensor, err = runtime.NewTensor(w.narrow, int64(r.rows), int64(r.length))
	} else {
		w.wide = make([]int64, r.rows*r.length)
		tensor, err = runtime.NewTensor(w.wide, int64(r.rows), int64(r.length))
	}
	switch v.Name {
	case "input_ids":
		r.ids = append(r.ids, w)
	case "attention_mask":
		r.mask = append(r.mask, w)
	case "position_ids":
		r.positions = append(r.positions, w)
	}
	return tensor, err // token_type_ids stay 0
}

func (r *runner) output(width int64) (*runtime.Tensor, error) {
	dims := []int64{int64(r.rows), int64(r.length), width}
	if r.t.first {
		dims[1] = 1
	}
	if r.t.rank() == 2 {
		dims = []int64{int64(r.rows), width}
	}
	size := int64(1)
	for _, d := range dims {
		size *= d
	}
	r.states = make([]float32, size)
	if r.t.output.Type == onnx.Float16 {
		r.half = make([]uint16, size)
		return runtime.NewHalf(r.half, dims...)
	}
	return runtime.NewTensor(r.states, dims...)
}

// fill writes sequence ids to row i, right-padded.
func (r *runner) fill(i int, ids []int) error {
	counter := r.t.info.config.positions().counter()
	for at := range r.length {
		id, mask := r.t.options.PadID, 0
		if at < len(ids) {
			id, mask = ids[at], 1
		}
		for _, w := range r.ids {
			w.set(i*r.length+at, id)
		}
		for _, w := range r.mask {
			w.set(i*r.length+at, mask)
		}
		for _, w := range r.positions {
			w.set(i*r.length+at, counter.next(id, mask == 0))
		}
		if err := r.lookUp(i*r.length+at, id); err != nil {
			return err
		}
	}
	return nil
}

// lookUp writes the row of id in the table of word embeddings to a position of the batch,
// where the graph does not look it up.
func (r *runner) lookUp(at, id int) (err error) {
	if !r.t.words {
		return nil
	}
	if r.table == nil {
		if r.table, err = r.t.info.table.Open(); err != nil {
			return err
		}
	}
	cols := r.t.info.table.Cols
	return r.table.Row(id, r.words[at*cols:(at+1)*cols])
}

// run runs one batch and passes each member's pooled vector to put.
func (r *runner) run(ctx context.Context, b batch, ids [][]int, put func(member int, states []float32, length int)) error {
	rows, length := r.t.frame(len(b.members), b.length)
	if err := r.shape(rows, length, r.t.width); err != nil {
		return err
	}
	for i := range rows {
		member := b.members[min(i, len(b.members)-1)] // a graph of fixed batch size gets the last one again
		if err := r.fill(i, ids[member]); err != nil {
			return err
		}
	}
	if err := r.t.session.Run(ctx, r.inputs, r.outputs); err != nil {
		return err
	}
	for i, bits := range r.half {
		r.states[i] = float16.Frombits(bits).Float32()
	}
	stride := len(r.states) / rows
	for i, member := range b.members {
		put(member, r.states[i*stride:(i+1)*stride], len(ids[member]))
	}
	return nil
}

// probe runs one sequence of the smallest ids and returns what came out.
func (r *runner) probe(ctx context.Context) (*runtime.Tensor, error) {
	rows, length := r.t.frame(1, 1)
	if err := r.shape(rows, length, 0); err != nil {
		return nil, err
	}
	for i := range rows {
		if err := r.fill(i, []int{0}); err != nil {
			return nil, err
		}
	}
	if err := r.t.session.Run(ctx, r.inputs, r.outputs); err != nil {
		return nil, fmt.Errorf("transformer: try %s: %w", r.t.info.File, err)
	}
	out := r.outputs[0]
	r.outputs = nil
	return out, nil
}

// end frees all that the runner holds.
func (r *runner) end() {
	r.close()
	if r.table != nil {
		r.table.Close()
	}
}

// close frees the tensors.
func (r *runner) close() {
	for _, t := range append(r.inputs, r.outputs...) {
		if t != nil {
			t.Close()
		}
	}
	r.inputs, r.outputs, r.ids, r.mask, r.positions, r.half = nil, nil, nil, nil, nil, nil
}

// frame returns B and T for a batch of that many sequences and that length,
// which is what the graph has fixed, if it has.
func (t *Teacher) frame(rows, length int) (b, l int) {
	fixedRows, fixedLength := t.info.fixed()
	if fixedRows > 0 {
		rows = fixedRows
	}
	if fixedLength > 0 {
		length = fixedLength
	}
	return rows, length
}

// fixed returns the sizes that the graph has fixed for batch and sequence, 0 for
// those it has not.
func (i *Info) fixed() (rows, length int) {
	ids, _ := i.model.Input("input_ids")
	if len(ids.Dims) != 2 {
		return 0, 0
	}
	return int(min(max(ids.Dims[0].Size, 0), maxFixed)), int(min(max(ids.Dims[1].Size, 0), maxFixed))
}

// maxFixed bounds sizes that a graph claims; larger ones fail in the run.
const maxFixed = 1 << 16
