// Package transformer runs a Sentence Transformer in ONNX: sequences of ids in,
// one pooled vector each out; and texts in, sentence vectors out.
//
// What a graph needs and gives is read from its file (Inspect), never guessed:
// inputs are fed by name, the output is the hidden state or, for Pooler, what
// the graph itself pools. What does not fit is refused before anything runs.
package transformer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/m2v-dev/m2v/internal/onnx"
	"github.com/m2v-dev/m2v/runtime"
)

// Options say how a teacher is run.
type Options struct {
	ONNXFile string  // the graph, in the teacher's folder; "" finds it by its usual names
	Pooling  Pooling // Mean if "", and for texts the folder's
	Threads  int     // batches that run side by side; 1 if 0
	// Provider is what the graph runs on. Other providers than the CPU take larger batches, at
	// most two at a time, and round otherwise.
	Provider runtime.ExecutionProvider
	// AsExported leaves the graph as it is: see Info.Rewriting.
	AsExported bool
	// FirstPosition says that nothing but the first position's state will be asked for, as
	// First pooling does: Embed with it, and texts where Info.FirstPosition holds. The last
	// layer then costs less where Info.Rewriting says so.
	FirstPosition bool
	// BatchSize is the number of sequences that run at once. 0 chooses by length,
	// and 1 for a graph whose rows depend on their batch. It may change a result's
	// last bits; Threads changes none.
	BatchSize int
	PadID     int // what fills a batch's shorter sequences; the mask hides it
	// SpecialTokens is what Token pooling leaves out of the sequences that Embed is given.
	SpecialTokens SpecialTokens
}

// Stats counts what a teacher has run so far.
type Stats struct {
	Sequences int
	Batches   int
	Vectors   int // one a sequence for each pooling
	// NonFinite is the number of NaN and ±Inf values that were replaced, and
	// NonFiniteRows the number of vectors that had any.
	NonFinite, NonFiniteRows int
}

// Teacher is a graph that is ready to run. It is safe for concurrent use.
type Teacher struct {
	info    *Info
	options Options
	chosen  Pooling // the caller's, "" if Open chose
	rt      *runtime.Runtime
	session *runtime.Session
	inputs  []onnx.Value
	output  onnx.Value
	width   int
	first   bool // the output has one position, the first
	words   bool // the last input takes rows of the table of word embeddings

	mu    sync.Mutex
	stats Stats
}

// Open reads the teacher in folder dir, checks that it fits o and loads its
// graph. Files read beside it, where they are: config.json, modules.json and the
// modules' own, tokenizer_config.json, config_sentence_transformers.json and the
// Transformer's sentence_*_config.json.
func Open(rt *runtime.Runtime, dir string, o Options) (*Teacher, error) {
	info, err := Inspect(dir, o.ONNXFile)
	if err != nil {
		return nil, err
	}
	chosen := o.Pooling
	if o.Pooling == "" {
		o.Pooling = Mean
	}
	if err := info.Check(o.Pooling); err != nil {
		return nil, err
	}
	if o.Threads < 0 || o.BatchSize < 0 {
		return nil, fmt.Errorf("transformer: threads %d, batch size %d: neither may be negative", o.Threads, o.BatchSize)
	}
	o.Threads, o.PadID = max(o.Threads, 1), max(o.PadID, 0)
	if !o.Provider.OnCPU() {
		o.Threads = min(o.Threads, deviceBatches)
	}
	t := &Teacher{info: info, options: o, chosen: chosen, rt: rt, inputs: info.model.Inputs, output: info.hidden}
	if o.Pooling == Pooler {
		t.output = info.pooled
	}
	rewriting := info.Rewriting(o)
	if rewriting != "" && info.fused.Words.Name != "" {
		t.inputs, t.words = append(slices.Clone(t.inputs), info.fused.Words), true
	}
	inputs := make([]string, len(t.inputs))
	for i, v := range t.inputs {
		inputs[i] = v.Name
	}
	session := runtime.SessionOptions{Inputs: inputs, Outputs: []string{t.output.Name}, Provider: o.Provider}
	if rewriting == "" {
		t.session, err = rt.Open(info.path, session)
	} else {
		graph := info.fused.Graph
		if t.first = rewriting == skipLayerNorm+firstPosition; t.first {
			graph = info.fused.First
		}
		session.Weights = info.fused.Folder
		t.session, err = rt.OpenBytes(graph, session)
	}
	if err != nil {
		return nil, fmt.Errorf("transformer: load %s: %w", info.File, err)
	}
	if t.width, err = t.findWidth(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// findWidth returns H: what the graph says of its output, else what a run shows.
func (t *Teacher) findWidth() (int, error) {
	if last := lastDim(t.output); last > 0 {
		return int(min(last, 1<<24)), nil
	}
	if t.output.Type != onnx.Float32 {
		if t.info.Width > 0 {
			return t.info.Width, nil
		}
		return 0, &UnfitError{File: t.info.File, Reason: "nothing tells how wide " + t.output.String() + " is"}
	}
	r := &runner{t: t}
	defer r.end()
	states, err := r.probe(context.Background())
	if err != nil {
		return 0, err
	}
	dims := states.Dims()
	defer states.Close()
	if want := t.rank(); len(dims) != want || dims[want-1] <= 0 {
		return 0, &UnfitError{File: t.info.File, Reason: fmt.Sprintf("output %s has the shape %v, not %d dimensions", t.output.Name, dims, want)}
	}
	return int(dims[len(dims)-1]), nil
}

// rank is the number of dimensions of the output in use.
func (t *Teacher) rank() int {
	if t.options.Pooling == Pooler {
		return 2
	}
	return 3
}

// Width returns H, the length of a vector.
func (t *Teacher) Width() int { return t.width }

// Info returns what the teacher's files say.
func (t *Teacher) Info() *Info { return t.info }

// RuntimeVersion returns the version of the ONNX Runtime at work, and the execution
// provider and the graph's rewriting if there are such: see runtime.Engine.
func (t *Teacher) RuntimeVersion() string { return t.info.Engine(t.rt.Version(), t.options) }

// BatchSize returns the fixed number of sequences that run at once, or 0 if it
// depends on their length.
func (t *Teacher) BatchSize() int {
	if t.options.BatchSize == 0 && t.info.Dynamic {
		return 1
	}
	return t.options.BatchSize
}

// Stats returns what has run so far.
func (t *Teacher) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats
}

// Warnings returns what a user should know about this teacher and its runs so
// far, one sentence each, in a fixed order.
func (t *Teacher) Warnings() []string {
	return append(t.info.warnings(t.options), t.RunWarnings()...)
}

// Replaced returns the number of vectors so far in which NaN or infinite values were
// replaced.
func (t *Teacher) Replaced() int { return t.Stats().NonFiniteRows }

// RunWarnings are the part of Warnings that only runs show.
func (t *Teacher) RunWarnings() []string { return t.Stats().warnings() }

func (s Stats) warnings() []string {
	if s.NonFinite == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d NaN or infinite values in %d of the teacher's %d vectors were replaced by 0 or the largest finite value",
		s.NonFinite, s.NonFiniteRows, s.Vectors)}
}

// Warnings returns what a user should know before the teacher runs with o, one
// sentence each, in a fixed order.
func (i *Info) Warnings(o Options) []string { return i.warnings(o) }

func (i *Info) warnings(o Options) []string {
	var warnings []string
	if i.TrainedPooling != "" && i.Pooling != o.Pooling && o.Pooling != Pooler {
		text := fmt.Sprintf("the teacher was trained with %s pooling (%s), and %s is in use", i.TrainedPooling, i.poolFile, o.Pooling)
		if i.Pooling != "" {
			text += fmt.Sprintf("; --pooling %s would match", i.Pooling)
		}
		warnings = append(warnings, text)
	}
	if i.Dynamic && o.BatchSize > 1 {
		warnings = append(warnings, fmt.Sprintf("the graph quantizes by the batch, so each vector depends on the other %d of its batch; leave the batch size out for one sequence at a time", o.BatchSize-1))
	}
	return warnings
}

// Close frees the graph. Runs must have ended.
func (t *Teacher) Close() error { return t.session.Close() }

// CheckIDs returns an error if one of ids is beyond the table that they index or
// a sequence is empty or longer than the graph's positions, with both sizes.
func (i *Info) CheckIDs(ids [][]int) error {
	for n, sequence := range ids {
		if len(sequence) == 0 {
			return fmt.Errorf("transformer: sequence %d is empty", n)
		}
		if i.Positions > 0 && len(sequence) > i.Positions {
			return fmt.Errorf("transformer: sequence %d has %d ids, and %s has %d positions", n, len(sequence), i.File, i.Positions)
		}
		for _, id := range sequence {
			if id < 0 || (i.Rows > 0 && id >= i.Rows) {
				return &IDError{File: i.File, ID: id, Rows: i.Rows, Sequence: n}
			}
		}
	}
	return nil
}

// IDError says that an id is beyond the graph's embedding table: the tokenizer
// and the graph are not of one model.
type IDError struct {
	File     string
	ID       int
	Rows     int // of the table
	Sequence int // index of the first sequence with such an id
}

// Error names the id and the table's size.
func (e *IDError) Error() string {
	return fmt.Sprintf("transformer: the tokenizer has id %d, and the embedding table of %s has %d rows: they belong to different models", e.ID, e.File, e.Rows)
}

var errShape = errors.New("transformer: destination does not have one row of the teacher's width for each sequence")
