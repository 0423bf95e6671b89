package static

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// Options changes how texts are encoded. The zero value is what the model's
// configuration says.
type Options struct {
	// MaxLength is how many tokens of a text count: a positive number,
	// NoMaxLength, or 0 for the model's own.
	MaxLength int
	// Dims is how many dimensions a vector has, the first ones of the model;
	// 0 means all. They are normalised after the cut.
	Dims int
	// NoNormalize leaves vectors as long as they are.
	NoNormalize bool
	// Threads is how many texts are encoded at a time; 0 means GOMAXPROCS.
	// Vectors do not depend on it.
	Threads int
}

// resolve checks options and puts the model's own values in place of zeros.
func (m *Model) resolve(o Options) (Options, error) {
	if m.table.Cols == 0 {
		return o, errClosed
	}
	if o.MaxLength < NoMaxLength {
		return o, fmt.Errorf("static: encode: max length %d is negative", o.MaxLength)
	}
	if o.MaxLength == 0 {
		o.MaxLength = m.config.MaxLength
	}
	if o.Dims < 0 || o.Dims > m.Dims() {
		return o, fmt.Errorf("static: encode: %d dimensions of a model that has %d", o.Dims, m.Dims())
	}
	if o.Dims == 0 {
		o.Dims = m.Dims()
	}
	if o.Threads < 0 {
		return o, fmt.Errorf("static: encode: %d threads", o.Threads)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return o, nil
}

// batch is how many texts a goroutine takes at a time: few enough to share a
// short list evenly, enough to make taking them free.
const batch = 32

// Encode writes the vector of texts[i] to row i of dst, which is
// len(texts) × Dims. A text of which no token is left gets zeros.
//
// A text is cut at MaxLength × the median token length characters, tokenized
// without special tokens, and cut at MaxLength tokens; unknown tokens are
// dropped; the vector is the mean of the rows of the others, each times its
// weight, divided by its norm plus 1e-32 where the model normalises.
//
// The only errors are options that do not fit the model, a dst of another
// size, and the end of ctx, after which dst is incomplete.
//
// Source: StaticModel.encode of Python model2vec 0.10.0.
func (m *Model) Encode(ctx context.Context, texts []string, dst *matrix.Matrix, o Options) error {
	o, err := m.resolve(o)
	if err != nil {
		return err
	}
	if dst == nil {
		return fmt.Errorf("static: encode: no dst: make one with matrix.New(%d, %d)", len(texts), o.Dims)
	}
	if dst.Rows != len(texts) || dst.Cols != o.Dims {
		return fmt.Errorf("static: encode: %d texts × %d dimensions into %d×%d", len(texts), o.Dims, dst.Rows, dst.Cols)
	}
	do := func(from, to int) {
		if ctx.Err() != nil {
			return
		}
		e := m.takeEncoder(o)
		defer m.encoders.Put(e)
		for i := from; i < to; i++ {
			e.encode(dst.Row(i), texts[i])
		}
	}
	parallel.Workers(o.Threads, len(texts), batch, func() func(from, to int) { return do })
	return ctx.Err()
}

// EncodeOne returns the vector of one text, as Encode does.
func (m *Model) EncodeOne(text string, o Options) ([]float32, error) {
	o, err := m.resolve(o)
	if err != nil {
		return nil, err
	}
	e := m.takeEncoder(o)
	defer m.encoders.Put(e)
	dst := make([]float32, o.Dims)
	e.encode(dst, text)
	return dst, nil
}

// An Encoder encodes one text after another and allocates nothing for any but
// the first. It belongs to one goroutine; what it keeps between texts are
// words and their ids, within bounds, never texts.
type Encoder struct {
	model   *Model
	options Options // resolved
	table   stored
	scratch []float32 // D
	tok     *tokenizer.Encoder
	ids     []int32
	rows    []int32
	weights []float32
	total   []float64 // D
}

// NewEncoder returns an encoder with those options; Threads means nothing to it.
func (m *Model) NewEncoder(o Options) (*Encoder, error) {
	o, err := m.resolve(o)
	if err != nil {
		return nil, err
	}
	return m.newEncoder(o), nil
}

func (m *Model) newEncoder(o Options) *Encoder {
	return &Encoder{model: m, options: o, table: m.rows, tok: m.tok.NewEncoder(), total: make([]float64, m.Dims()), scratch: make([]float32, m.Dims())}
}

// takeEncoder returns an encoder that may know words of earlier texts.
func (m *Model) takeEncoder(o Options) *Encoder {
	if e, ok := m.encoders.Get().(*Encoder); ok {
		e.options = o
		return e
	}
	return m.newEncoder(o)
}

// Encode writes the vector of text to dst, as Model.Encode does. It panics if
// the length of dst is not the dimensions asked for.
func (e *Encoder) Encode(dst []float32, text string) {
	if len(dst) != e.options.Dims {
		panic(fmt.Sprintf("static: encode %d dimensions into %d", e.options.Dims, len(dst)))
	}
	e.encode(dst, text)
}

// Tokens returns the ids of the tokens whose rows Encode averages for text, in its
// order, truncated as Encode truncates. They are valid until the next call.
func (e *Encoder) Tokens(text string) []int32 {
	e.tokenize(text)
	return slices.DeleteFunc(e.ids, func(id int32) bool { return id == e.model.unk || e.model.row(id) < 0 })
}

// IDs returns the ids of all tokens of text, unknown ones too, truncated as Encode
// truncates, and tells whether anything was cut off. They are valid until the next call.
func (e *Encoder) IDs(text string) (ids []int32, cut bool) {
	cut = e.tokenize(text)
	return e.ids, cut
}

// EncodeIDs writes to dst the first len(dst) dimensions of the vector of a text whose
// tokens are ids: the mean of their rows, normalised or not whatever the options say. Unknown
// ids, those without a row and those after MaxLength count as Encode counts them. It panics
// if dst is longer than the model's vectors.
func (e *Encoder) EncodeIDs(dst []float32, ids []int32, normalize bool) {
	if len(dst) > e.model.Dims() {
		panic(fmt.Sprintf("static: encode %d dimensions into %d", e.model.Dims(), len(dst)))
	}
	if most := e.options.MaxLength; most != NoMaxLength {
		ids = ids[:min(most, len(ids))]
	}
	e.mean(dst, ids, normalize)
}

// tokenize fills e.ids and tells whether anything was cut off.
func (e *Encoder) tokenize(text string) (cut bool) {
	m := e.model
	most := e.options.MaxLength
	if most == NoMaxLength {
		e.ids = e.tok.AppendIDs(e.ids[:0], text)
		return false
	}
	kept := prefix(text, m.characters(most))
	e.ids = e.tok.AppendIDs(e.ids[:0], kept)
	cut = len(kept) < len(text) || len(e.ids) > most
	e.ids = e.ids[:min(most, len(e.ids))]
	return cut
}

func (e *Encoder) encode(dst []float32, text string) {
	e.tokenize(text)
	e.mean(dst, e.ids, e.model.config.Normalize && !e.options.NoNormalize)
}

// mean writes the mean of the rows of ids to dst, zeros if none counts.
func (e *Encoder) mean(dst []float32, ids []int32, normalize bool) {
	e.pick(ids)
	if len(e.rows) == 0 {
		clear(dst)
		return
	}
	e.sum(dst)
	average(dst, len(e.rows), normalize)
}

// exactRows is how many rows are added as float32 before their sum goes into a
// float64: few enough that what they lose does not show in six digits.
const exactRows = 32

// sum writes the sum of the picked rows to dst, in the precision of the model.
func (e *Encoder) sum(dst []float32) {
	m, rows, weights := e.model, e.rows, e.weights
	if !m.exact || len(rows) <= exactRows {
		e.add(dst, rows, weights)
		return
	}
	total := e.total[:len(dst)]
	clear(total)
	for len(rows) > 0 {
		n := min(exactRows, len(rows))
		if m.weights != nil {
			e.add(dst, rows[:n], weights[:n])
			weights = weights[n:]
		} else {
			e.add(dst, rows[:n], nil)
		}
		rows = rows[n:]
		accumulate(total, dst)
	}
	for j, v := range total {
		dst[j] = float32(v)
	}
}

// add writes the sum of rows, times their weights if the model has any, to dst.
func (e *Encoder) add(dst []float32, rows []int32, weights []float32) {
	clear(dst)
	if e.model.weights == nil {
		weights = nil
	}
	e.table.add(dst, rows, weights, e.scratch)
}

// pick turns ids into the rows that count and their weights.
func (e *Encoder) pick(ids []int32) {
	m := e.model
	e.rows, e.weights = e.rows[:0], e.weights[:0]
	if m.mapping == nil && m.weights == nil {
		e.pickAll(ids)
		return
	}
	for _, id := range ids {
		if id == m.unk {
			continue
		}
		row := m.row(id)
		if row < 0 {
			continue
		}
		e.rows = append(e.rows, int32(row))
		if m.weights != nil {
			e.weights = append(e.weights, float32(m.weights[id]))
		}
	}
}

// pickAll is pick where ids are rows. Each id is written, and the next one goes over it if it does
// not count. A branch on whether it counts would take three times as long.
func (e *Encoder) pickAll(ids []int32) {
	unk, limit := e.model.unk, uint32(e.model.limit)
	rows := slices.Grow(e.rows, len(ids))[:len(ids)]
	n := 0
	for _, id := range ids {
		rows[n] = id
		if id != unk && uint32(id) < limit {
			n++
		}
	}
	e.rows = rows[:n]
}

// prefix returns the first n characters of text. A byte that is not UTF-8
// counts as one.
func prefix(text string, n int) string {
	if len(text) <= n {
		return text
	}
	at := 0
	for ; n > 0 && at < len(text); n-- {
		if text[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return text[:at]
}
