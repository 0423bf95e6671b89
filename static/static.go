// Package static runs static embedding models: a text becomes token ids, the
// ids become rows of a table, and the text's vector is the mean of those rows.
// There is no network to run, so a vector takes microseconds.
//
// It reads every layout that Model2Vec models are published in, needs no cgo
// and follows Python model2vec 0.10; docs/parity.md lists the differences.
//
//	model, err := static.Open("potion-base-8M")
//	...
//	vectors := matrix.New(len(texts), model.Dims()) // B×D
//	err = model.Encode(ctx, texts, vectors, static.Options{})
package static

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// A Model is a static embedding model: a tokenizer, a table of rows and,
// where the vocabulary was quantized, the row and the weight of each token.
// It is immutable and safe for concurrent use until it is closed.
type Model struct {
	config Config
	layout Layout
	tok    *tokenizer.Tokenizer
	file   func() (*tokenizer.File, error)

	table   *matrix.Table // K×D as stored; K is V unless there is a mapping
	weights []float64     // V, by token id; nil means that all are 1
	mapping []int32       // V, the row of each token id; nil means the id itself
	limit   int           // ids from here on have no row

	exact    bool  // long sums are float64
	unk      int32 // the id that encoding drops; -1 if there is none
	median   int   // median length of a token in characters, rounded down
	warnings []string
	faults   []string // those of the warnings that make vectors wrong

	rows     stored    // of the table
	encoders sync.Pool // of *Encoder, warm from earlier texts
	unmap    func() error
}

// New makes a model of its parts. It keeps them: they must not change later.
//
//   - f is the tokenizer.
//   - table holds the rows, K×D.
//   - weights, if not nil, are multiplied to the rows, by token id.
//   - mapping, if not nil, gives the row of each token id; without it the row
//     is the id, so K is the size of the vocabulary.
//
// A tokenizer that is not implemented, a table whose bytes are not its size
// and a mapping to a row that does not exist are errors. What a reader of a
// published model should rather know than stumble over is in Warnings.
func New(f *tokenizer.File, table *matrix.Table, weights []float64, mapping []int32, c Config) (*Model, error) {
	tok, err := compile(f)
	if err != nil {
		return nil, fmt.Errorf("static: %w", err)
	}
	m, err := assemble(f, tok, table, weights, mapping, c)
	if err != nil {
		return nil, fmt.Errorf("static: %w", err)
	}
	m.file = func() (*tokenizer.File, error) { return f, nil }
	return m, nil
}

// A compiled tokenizer knows the median length of its tokens.
type compiled struct {
	*tokenizer.Tokenizer
	median int
}

// compile compiles a tokenizer, and measures its tokens at the same time.
func compile(f *tokenizer.File) (compiled, error) {
	median := make(chan int, 1)
	go func() { median <- medianLength(f) }()
	tok, err := tokenizer.New(f)
	return compiled{tok, <-median}, err
}

func assemble(f *tokenizer.File, tok compiled, table *matrix.Table, weights []float64, mapping []int32, c Config) (*Model, error) {
	if err := checkTable(table); err != nil {
		return nil, err
	}
	if c.MaxLength < NoMaxLength {
		return nil, fmt.Errorf("max length %d is negative", c.MaxLength)
	}
	if c.MaxLength == 0 {
		c.MaxLength = DefaultMaxLength
	}
	limit := table.Rows
	if mapping != nil {
		limit = len(mapping)
		for id, row := range mapping {
			if row < 0 || int(row) >= table.Rows {
				return nil, fmt.Errorf("mapping[%d] is %d, not one of the %d rows", id, row, table.Rows)
			}
		}
	}
	if weights != nil {
		limit = min(limit, len(weights))
	}
	m := &Model{
		config: c, tok: tok.Tokenizer, table: table, rows: newStored(table), weights: weights, mapping: mapping, limit: limit,
		exact: parts{table: table, weights: weights}.exact(),
		unk:   unknownID(f, tok.Tokenizer), median: tok.median,
		unmap: func() error { return nil },
	}
	m.faults = staleUnknown(f, tok.Tokenizer)
	if m.tok.Size() > m.limit {
		m.faults = append(m.sizeWarnings(), m.faults...)
	}
	m.warnings = append(m.sizeWarnings(), staleUnknown(f, tok.Tokenizer)...)
	return m, nil
}

func checkTable(t *matrix.Table) error {
	if t.Rows <= 0 || t.Cols <= 0 {
		return fmt.Errorf("table of %d×%d is empty", t.Rows, t.Cols)
	}
	if t.Rows > math.MaxInt32 {
		return fmt.Errorf("table has %d rows, more than token ids can name", t.Rows)
	}
	if want := t.Rows * t.Cols * t.Type.Size(); len(t.Bytes) != want {
		return fmt.Errorf("table of %d×%d %s has %d bytes, not %d", t.Rows, t.Cols, t.Type, len(t.Bytes), want)
	}
	return nil
}

// sizeWarnings compares the tokenizer's ids with the rows. Python model2vec
// 0.10 refuses such a folder unless it has a mapping.
func (m *Model) sizeWarnings() []string {
	size := m.tok.Size()
	switch {
	case size > m.limit:
		return []string{fmt.Sprintf("the tokenizer has %d ids, the model has rows for %d: tokens without a row are dropped", size, m.limit)}
	case size < m.limit:
		return []string{fmt.Sprintf("the tokenizer has %d ids, the model has rows for %d: %d rows are never used", size, m.limit, m.limit-size)}
	}
	return nil
}

// unknownID returns the id that stands for text the vocabulary lacks, or -1.
// A Unigram model names it by number, the others by a token, which may also be
// an added one.
func unknownID(f *tokenizer.File, tok *tokenizer.Tokenizer) int32 {
	if f.Model.Kind == tokenizer.Unigram {
		id, err := strconv.ParseInt(string(f.Model.Field("unk_id")), 10, 32)
		if err != nil { // absent or null
			return -1
		}
		return int32(id)
	}
	var token string
	if json.Unmarshal(f.Model.Field("unk_token"), &token) != nil {
		return -1
	}
	if id, ok := tok.ID(token); ok {
		return id
	}
	return -1
}

// staleUnknown warns of a Unigram unk_id that was not renumbered when tokens
// before it were removed, as the reference leaves it behind: text that the
// vocabulary lacks then becomes an innocent token, and that token is dropped
// from every text.
func staleUnknown(f *tokenizer.File, tok *tokenizer.Tokenizer) []string {
	if f.Model.Kind != tokenizer.Unigram {
		return nil
	}
	id := unknownID(f, tok)
	if id < 0 {
		return nil
	}
	token, ok := tok.Token(id)
	name := strings.Trim(strings.ToLower(token), "<>[]|_ ")
	if ok && (name == "unk" || name == "unknown") {
		return nil
	}
	return []string{fmt.Sprintf("unk_id is %d, which is the token %q: the number is stale, and every %q is dropped as unknown", id, token, token)}
}

// medianLength returns the median length of the vocabulary's tokens, added
// ones included, in characters and rounded down; of an even number of tokens
// it takes the mean of the middle two, as NumPy does.
func medianLength(f *tokenizer.File) int {
	var counts []int // tokens by length
	n := 0
	const most = 1 << 16 // no token of sense is as long, and counts stay small
	count := func(token string) {
		length := min(most, utf8.RuneCountInString(token))
		if length >= len(counts) {
			counts = append(counts, make([]int, length+1-len(counts))...)
		}
		counts[length]++
		n++
	}
	for i := range f.Model.Vocab {
		count(f.Model.Vocab[i].Token)
	}
	for _, t := range f.AddedTokens {
		if !inVocabulary(f.Model.Vocab, t) {
			count(t.Content)
		}
	}
	return (kth(counts, (n-1)/2) + kth(counts, n/2)) / 2
}

// characters returns how many characters of a text are tokenized where
// maxLength tokens count.
func (m *Model) characters(maxLength int) int {
	if m.median > 0 && maxLength > math.MaxInt/m.median {
		return math.MaxInt
	}
	return maxLength * m.median
}

// inVocabulary tells whether an added token is one of the model's tokens too,
// which are by ascending id.
func inVocabulary(vocab []tokenizer.Entry, t tokenizer.AddedToken) bool {
	i, _ := slices.BinarySearchFunc(vocab, t.ID, func(e tokenizer.Entry, id int) int { return cmp.Compare(e.ID, id) })
	for ; i < len(vocab) && vocab[i].ID == t.ID; i++ {
		if vocab[i].Token == t.Content {
			return true
		}
	}
	return false
}

// kth returns the kth smallest length, from 0, given how many tokens there are
// of each.
func kth(counts []int, k int) int {
	for length, n := range counts {
		if k < n {
			return length
		}
		k -= n
	}
	return 0 // no tokens
}

// Dims returns D, the width of the model's vectors.
func (m *Model) Dims() int { return m.table.Cols }

// Size returns V, the number of token ids of the tokenizer.
func (m *Model) Size() int { return m.tok.Size() }

// Tokenizer returns the model's tokenizer.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.tok }

// TokenizerFile returns the model's tokenizer.json. A model that was opened
// from a folder does not keep it, so this reads the file again and fails if it
// is not the same any more.
func (m *Model) TokenizerFile() (*tokenizer.File, error) { return m.file() }

// Table returns the rows as they are stored, K×D. It aliases the model.
func (m *Model) Table() *matrix.Table { return m.table }

// Weights returns the weight of each token id, or nil where all are 1.
// It aliases the model.
func (m *Model) Weights() []float64 { return m.weights }

// Mapping returns the row of each token id, or nil where row and id are the
// same. It aliases the model.
func (m *Model) Mapping() []int32 { return m.mapping }

// Config returns the model's settings.
func (m *Model) Config() Config { return m.config }

// Layout tells in which form of folder the model was; "" for one made by New.
func (m *Model) Layout() Layout { return m.layout }

// UnkID returns the id that encoding drops as unknown, and whether there is one.
func (m *Model) UnkID() (int32, bool) { return m.unk, m.unk >= 0 }

// Warnings returns what is wrong with the model, or read differently by other
// programs, one sentence each.
func (m *Model) Warnings() []string { return m.warnings }

// Faults returns those of the Warnings that make vectors wrong: tokens that should have a row
// and have none, or that are dropped for another's sake.
func (m *Model) Faults() []string { return m.faults }

// Row returns the row of a token id, D values without its weight, or nil if it
// has none. It aliases the model where rows are float32, and is the caller's where
// they are not; ReadRow allocates nothing in either case.
func (m *Model) Row(id int32) []float32 {
	r := m.row(id)
	if r < 0 || m.table.Cols == 0 {
		return nil
	}
	if m.rows.floats != nil {
		return m.rows.row(r, nil)
	}
	return m.rows.row(r, make([]float32, m.table.Cols))
}

// ReadRow writes the row of a token id to dst, which has D values, without its weight, and
// tells whether the id has one. If not, dst stays as it is.
func (m *Model) ReadRow(id int32, dst []float32) bool {
	r := m.row(id)
	if r < 0 || m.table.Cols == 0 {
		return false
	}
	m.table.Row(r, dst)
	return true
}

// Weight returns what the row of a token id is multiplied by: 1 unless the
// model has weights.
func (m *Model) Weight(id int32) float64 {
	if m.weights == nil || m.row(id) < 0 {
		return 1
	}
	return m.weights[id]
}

// row returns the number of a token id's row, or -1.
func (m *Model) row(id int32) int {
	if id < 0 || int(id) >= m.limit {
		return -1
	}
	if m.mapping != nil {
		return int(m.mapping[id])
	}
	return int(id)
}

// errClosed is what a closed model answers.
var errClosed = errors.New("static: the model is closed")

// Close gives back the mapped file. Nothing of the model, and nothing that
// aliases it, may be used afterwards.
func (m *Model) Close() error {
	err := m.unmap()
	m.unmap = func() error { return nil }
	m.table = &matrix.Table{}
	m.rows = stored{table: m.table}
	if err != nil {
		return fmt.Errorf("static: close: %w", err)
	}
	return nil
}
