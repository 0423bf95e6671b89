package teacher

import (
	"context"
	"fmt"
	"time"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/transformer"
)

// Rows gives the rows of a vocabulary: a running graph, or its table of input
// embeddings.
type Rows interface {
	Width() int // H
	// EmbedAll writes the vector of ids[i] by poolings[k] to row i of dst[k],
	// len(ids)×H. progress, which may be nil, is told how many sequences are done.
	// Values written are finite.
	EmbedAll(ctx context.Context, ids [][]int, poolings []transformer.Pooling, dst []*matrix.Matrix, progress func(done int)) error
	RunWarnings() []string  // of what has run
	Replaced() int          // vectors so far whose NaN or infinite values were replaced
	RuntimeVersion() string // "" if none is at work
	Close() error
}

// Progress is told how far a stage is, in units such as tokens. It may be nil.
type Progress func(stage, unit string, done, total int)

// Stage returns what a stage of so many units calls, nil if nobody listens.
func (p Progress) Stage(stage, unit string, total int) func(done int) {
	if p == nil {
		return nil
	}
	return func(done int) { p(stage, unit, done, total) }
}

// A Pass is what is left to tell of a teacher that has run.
type Pass struct {
	Time     time.Duration
	Warnings []string
	Runtime  string // version of ONNX Runtime, as transformer.Teacher.RuntimeVersion has it
	Replaced int    // vectors whose NaN or infinite values were replaced
	Cached   bool   // nothing ran: a cache had the rows
	Unkept   error  // why a cache could not keep the rows; nil if it did
}

// A NonFiniteError says that more than 1 % of a teacher's vectors hold NaN or infinite
// values: a student of them would be of little use.
type NonFiniteError struct {
	Vectors, Of int // vectors that hold some, of those that are made
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("%d of the teacher's %d vectors hold NaN or infinite values, more than 1 %%", e.Vectors, e.Of)
}

// Hint is the next step.
func (e *NonFiniteError) Hint() string {
	return "try another graph of the teacher with --onnx-file, in float32; --allow-nan replaces them by 0 or the largest finite value, and goes on"
}

// CheckReplaced refuses rows of which more than 1 % hold values that were replaced, unless
// Options.AllowNaN is set. of is the number of all vectors that are to be made.
func (t *Teacher) CheckReplaced(replaced, of int) error {
	if t.Options.AllowNaN || !tooMany(replaced, of) {
		return nil
	}
	return &NonFiniteError{replaced, of}
}

func tooMany(replaced, of int) bool { return 100*replaced > of }

// Embed makes the teacher's rows, V×H for each pooling in one pass, and lets the graph
// go: the session takes as much memory as all that follows.
func (t *Teacher) Embed(ctx context.Context, p runtime.Provider, progress Progress, poolings ...transformer.Pooling) ([]*matrix.Matrix, Pass, error) {
	source, err := t.Open(p)
	if err != nil {
		return nil, Pass{}, err
	}
	defer source.Close()
	start := time.Now()
	ids := t.Vocabulary.IDs
	rows := make([]*matrix.Matrix, len(poolings))
	for k := range rows {
		rows[k] = matrix.New(len(ids), source.Width())
	}
	if err := source.EmbedAll(ctx, ids, poolings, rows, progress.Stage("embed", "tokens", len(ids))); err != nil {
		return nil, Pass{}, fmt.Errorf("embed the vocabulary: %w", err)
	}
	pass := Pass{Time: time.Since(start), Warnings: source.RunWarnings(), Runtime: source.RuntimeVersion(), Replaced: source.Replaced()}
	return rows, pass, t.CheckReplaced(pass.Replaced, len(ids)*len(poolings))
}

// StartRuntime starts ONNX Runtime where the teacher needs it or it is there, and returns
// its version, "" without one, and what the teacher runs on unless it is the CPU.
func (t *Teacher) StartRuntime(p runtime.Provider) (string, error) {
	start := p.Start
	if t.Options.Source == transformer.Input {
		start = p.StartIfThere
	}
	rt, err := start()
	if err != nil || rt == nil {
		return "", err
	}
	return t.Engine(p, rt.Version()), nil
}

// Engine names what makes the teacher's rows with p on ONNX Runtime of that version.
func (t *Teacher) Engine(p runtime.Provider, version string) string {
	if t.Options.Source == transformer.Input { // no graph runs
		return version
	}
	return t.Info.Engine(version, t.runOptions(p))
}

// Open loads the teacher's graph, or opens its table of input embeddings.
func (t *Teacher) Open(p runtime.Provider) (Rows, error) {
	if t.Options.Source != transformer.Input {
		rt, err := p.Start()
		if err != nil {
			return nil, err
		}
		return transformer.Open(rt, t.Folder.Dir, t.runOptions(p))
	}
	table, err := t.Info.OpenInputTable()
	if err != nil {
		return nil, err
	}
	// The PCA's products run on the library where it is; without it gonum's own serve.
	rt, err := p.StartIfThere()
	if err != nil {
		table.Close()
		return nil, err
	}
	source := inputRows{InputTable: table}
	if rt != nil {
		source.version = rt.Version()
	}
	return source, nil
}

// inputRows is a table of input embeddings as Rows: there is nothing to pool.
type inputRows struct {
	*transformer.InputTable
	version string
}

func (s inputRows) EmbedAll(ctx context.Context, ids [][]int, _ []transformer.Pooling, dst []*matrix.Matrix, progress func(int)) error {
	return s.Embed(ctx, ids, dst[0], progress)
}

func (s inputRows) RuntimeVersion() string { return s.version }
