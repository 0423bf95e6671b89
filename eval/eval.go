package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/internal/nprand"
	"github.com/m2v-dev/m2v/matrix"
)

// An Encoder is a model under evaluation.
type Encoder interface {
	// Dims returns D, the width of vectors.
	Dims() int
	// Encode writes the vector of texts[i] to row i of dst, which is len(texts)×D.
	Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error
}

// A Column is a kind of task, and a column of the published tables.
type Column string

// The columns.
const (
	Class     Column = "Class"     // accuracy of logistic regression on a few examples a class
	Clust     Column = "Clust"     // V-measure of k-means
	PairClass Column = "PairClass" // average precision of telling paraphrases
	Rank      Column = "Rank"      // mean average precision of reranking
	Ret       Column = "Ret"       // nDCG@10 of retrieval
	STS       Column = "STS"       // Spearman correlation with similarity
	Sum       Column = "Sum"       // Spearman correlation with the quality of summaries
	Pearl     Column = "Pearl"     // phrases, each data set by a measure of its own
	WordSim   Column = "WordSim"   // Spearman correlation with similarity of words

	// Of MTEB(Multilingual) alone.
	BitMining  Column = "BitMining"  // F1 of finding translations
	InstRet    Column = "InstRet"    // p-MRR: whether a ranking follows instructions
	MultiClass Column = "MultiClass" // accuracy of several labels a text
)

// Columns lists the columns in the order of the tables. The first seven are MTEB's.
var Columns = []Column{Class, Clust, PairClass, Rank, Ret, STS, Sum, Pearl, WordSim}

// MultilingualColumns lists the columns of MTEB(Multilingual) in the order of its table.
var MultilingualColumns = []Column{BitMining, Class, Clust, InstRet, MultiClass, PairClass, Rank, Ret, STS}

// MTEB tells whether the column is one of MTEB's seven.
func (c Column) MTEB() bool { return c != Pearl && c != WordSim }

// DefaultSeed is the seed of what protocols draw by chance; MTEB's is the same number.
const DefaultSeed = 42

// Options of Run.
type Options struct {
	// Seed of examples, clusters and probes.
	Seed uint64
	// Cache, if not nil, holds finished tasks; what is in it is not run again.
	Cache *Cache
	// Progress, if not nil, is told of each finished task: done of total.
	Progress func(done, total int, r Result)
}

// A Result is what became of a task.
type Result struct {
	Task   string // file name without suffix, or MTEB's name
	Column Column
	// Score is in per cent; it means nothing where Err is set.
	Score float64
	// Details are further measures by name: the standard deviation of Score over draws
	// ("sd", per cent), average precision by similarity, and counts of what was scored.
	Details map[string]float64
	// Warnings are what is odd about the data but does not spoil the score.
	Warnings []string
	// Err says why there is no score, with file and line; "" if there is one.
	Err string

	Seconds float64
	// Encoded texts took EncodeSeconds: what the model itself did, or reading its vectors
	// where they were kept (model.Score).
	Encoded       int
	EncodeSeconds float64
	Cached        bool // all of the above comes from Options.Cache

	task Task
}

// Failed tells whether the task has no score.
func (r Result) Failed() bool { return r.Err != "" }

// Counts tells whether the data set is in the means of a version of MTEB, "v1" or "v2", or
// of Own.
func (r Result) Counts(version string) bool { return r.task.Counts(version) }

// resultJSON is a Result as JSON: a failed task's score is null.
type resultJSON struct {
	Task     string             `json:"task"`
	Column   Column             `json:"column"`
	Score    *float64           `json:"score"`
	Details  map[string]float64 `json:"details,omitempty"`
	Warnings []string           `json:"warnings,omitempty"`
	Err      string             `json:"error,omitempty"`
	Official string             `json:"official,omitempty"`
	Form     string             `json:"form,omitempty"`
	Extra    bool               `json:"extra,omitempty"`
	Seconds  float64            `json:"seconds"`
	Encoded  int                `json:"encoded"`
	Encode   float64            `json:"encode_seconds"`
	Cached   bool               `json:"cached,omitempty"`
}

// MarshalJSON writes the result with a score of null where the task failed.
func (r Result) MarshalJSON() ([]byte, error) {
	out := resultJSON{Task: r.Task, Column: r.Column, Details: r.Details, Warnings: r.Warnings,
		Err: r.Err, Official: r.task.Official, Form: r.task.form, Extra: r.task.Extra, Seconds: r.Seconds,
		Encoded: r.Encoded, Encode: r.EncodeSeconds, Cached: r.Cached}
	if !r.Failed() {
		out.Score = &r.Score
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes; means and coverage of results that were
// read are those of the results that were written.
func (r *Result) UnmarshalJSON(data []byte) error {
	var in resultJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("eval: read result: %w", err)
	}
	if in.Score == nil && in.Err == "" {
		return fmt.Errorf("eval: read result: task %q has neither a score nor an error", in.Task)
	}
	*r = Result{Task: in.Task, Column: in.Column, Details: in.Details, Warnings: in.Warnings, Err: in.Err, Seconds: in.Seconds,
		Encoded: in.Encoded, EncodeSeconds: in.Encode, Cached: in.Cached, task: Task{Name: in.Task, Column: in.Column, Official: in.Official, form: in.Form, Extra: in.Extra}}
	if in.Score != nil {
		r.Score = *in.Score
	}
	return nil
}

// Results are those of one model.
type Results struct {
	Tasks []Result // in the order in which they were run
}

// Failed returns the number of tasks without a score.
func (r *Results) Failed() int {
	n := 0
	for _, t := range r.Tasks {
		if t.Failed() {
			n++
		}
	}
	return n
}

// Run runs tasks one after the other, each on all cores. The only errors are no tasks
// at all and the end of ctx; a task that fails is in the results, and the tasks after
// it are run all the same.
func Run(ctx context.Context, enc Encoder, tasks []Task, o Options) (*Results, error) {
	if len(tasks) == 0 {
		return nil, errors.New("eval: no tasks")
	}
	out := &Results{Tasks: make([]Result, 0, len(tasks))}
	for _, t := range tasks {
		r, err := o.runTask(ctx, enc, t)
		if err != nil {
			return nil, err
		}
		out.Tasks = append(out.Tasks, r)
		if o.Progress != nil {
			o.Progress(len(out.Tasks), len(tasks), r)
		}
	}
	return out, nil
}

// runTask runs one task, or takes its result from the cache. Its error is that of ctx.
func (o Options) runTask(ctx context.Context, enc Encoder, t Task) (Result, error) {
	start := time.Now()
	r := Result{Task: t.Name, Column: t.Column, task: t}
	key := ""
	if o.Cache != nil {
		var err error
		if key, err = o.Cache.key(t, o.Seed); err != nil {
			r.Err = err.Error()
			return r, ctx.Err()
		}
		if o.Cache.load(key, &r) {
			return r, ctx.Err()
		}
	}
	s := &session{enc: enc, seed: o.Seed}
	score, err := t.run(ctx, s)
	if ctx.Err() != nil {
		return r, fmt.Errorf("eval: task %s: %w", t.Name, ctx.Err())
	}
	if err == nil && score-score != 0 {
		err = fmt.Errorf("the score is %v", score)
	}
	r.Details, r.Warnings, r.Seconds = s.details, s.warnings, time.Since(start).Seconds()
	r.Encoded, r.EncodeSeconds = s.encoded, s.encoding.Seconds()
	if err != nil {
		r.Err = err.Error()
		return r, nil
	}
	r.Score = 100 * score
	if o.Cache != nil {
		if err := o.Cache.store(key, r); err != nil {
			r.Warnings = append(r.Warnings, err.Error())
		}
	}
	return r, nil
}

// A session is one task's run on one model.
type session struct {
	enc      Encoder
	seed     uint64
	encoded  int           // texts so far
	encoding time.Duration // that they took
	details  map[string]float64
	warnings []string

	// Generators that go on through the parts of a task; made when they are needed.
	numpy *nprand.Generator
	pure  *nprand.Python
	// columns are vectors that parts of the task share, by name.
	columns map[string]*matrix.Matrix
}

// generator is NumPy's default_rng of the task's seed.
func (s *session) generator() *nprand.Generator {
	if s.numpy == nil {
		s.numpy = nprand.NewGenerator(s.seed)
	}
	return s.numpy
}

// python is Python's random.Random of the task's seed.
func (s *session) python() *nprand.Python {
	if s.pure == nil {
		s.pure = nprand.NewPython(s.seed)
	}
	return s.pure
}

// runPart runs a part of the task that has a score of its own. Its details are dropped.
func (s *session) runPart(ctx context.Context, run protocol) (float64, error) {
	if s.columns == nil {
		s.columns = map[string]*matrix.Matrix{}
	}
	part := &session{enc: s.enc, seed: s.seed, numpy: s.generator(), pure: s.python(), columns: s.columns}
	score, err := run(ctx, part)
	s.warnings = append(s.warnings, part.warnings...)
	s.encoded, s.encoding = s.encoded+part.encoded, s.encoding+part.encoding
	return score, err
}

// note adds a detail.
func (s *session) note(name string, value float64) {
	if s.details == nil {
		s.details = map[string]float64{}
	}
	s.details[name] = value
}

func (s *session) warnf(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// watch returns t with its oddities told to s.
func (s *session) watch(t data.Table) data.Table {
	t.Warn = s.warnf
	return t
}
