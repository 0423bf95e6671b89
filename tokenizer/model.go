package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
)

// A model turns one piece of text into ids. It is immutable and safe for
// concurrent use; what it scribbles on is in the workspace.
//
// Hugging Face fails on a text with an unknown part when the model has no
// token for it. A model here leaves that part out.
type model interface {
	// appendIDs appends the ids of a piece, which is not empty, to dst.
	appendIDs(dst []int32, piece []byte, w *workspace) []int32
	// vocabulary returns the model's tokens.
	vocabulary() *vocabulary
	// unk returns the id of the unknown token, or none.
	unk() int32
}

// workspace is the memory of models, kept from piece to piece. It is not safe
// for concurrent use; its zero value is ready.
type workspace struct {
	runes   []rune     // unigram: of the piece
	best    []bestPath // unigram: the best way to each rune
	path    []step     // unigram: the best way, backwards
	text    []byte     // bpe: a character with prefix and suffix
	symbols []symbol   // bpe
	queue   mergeQueue // bpe: of long pieces
}

// trim lets go of the memory of an unusually long piece.
func (w *workspace) trim() {
	const most = 1 << 16
	if cap(w.runes) > most {
		w.runes, w.best, w.path = nil, nil, nil
	}
	if cap(w.symbols) > most {
		w.symbols, w.queue = nil, nil
	}
}

// newModel compiles a model. at heads the errors. It keeps no reference to m's
// slices.
func newModel(m *Model, at string) (model, error) {
	for i := range m.Vocab {
		if id := m.Vocab[i].ID; id < 0 || id >= math.MaxInt32 {
			return nil, fmt.Errorf("%s: token %q has the id %d, which is not in [0, %d)", at, m.Vocab[i].Token, id, math.MaxInt32)
		}
		if i > 0 && m.Vocab[i].ID < m.Vocab[i-1].ID {
			return nil, fmt.Errorf("%s: token %q with id %d comes after id %d", at, m.Vocab[i].Token, m.Vocab[i].ID, m.Vocab[i-1].ID)
		}
	}
	c := &modelConfig{model: m, at: at}
	switch m.Kind {
	case WordPiece:
		return newWordPiece(c)
	case BPE:
		return newBPE(c)
	case Unigram:
		return newUnigram(c)
	case WordLevel:
		return newWordLevel(c)
	}
	return nil, fmt.Errorf("%s: model type %q is not implemented", at, m.Kind)
}

// modelConfig reads a model's fields and keeps the first error.
type modelConfig struct {
	model *Model
	at    string
	err   error
}

// optional reads a field into v, which keeps its value if the field is null or
// absent, and says whether it was there.
func (c *modelConfig) optional(name string, v any) bool {
	raw := c.model.Field(name)
	if raw == nil || c.err != nil {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		c.err = fmt.Errorf("%s: %s %s: %w", c.at, name, raw, err)
		return false
	}
	return true
}

// required reads a field that has to be there.
func (c *modelConfig) required(name string, v any) {
	if !c.optional(name, v) && c.err == nil {
		c.err = fmt.Errorf("%s: %s model has no %s", c.at, c.model.Kind, name)
	}
}

// byteTokens returns the ids of the tokens <0x00> to <0xFF>, none where there
// is no such token.
func byteTokens(v *vocabulary) *[256]int32 {
	var ids [256]int32
	for b := range ids {
		ids[b] = v.find(fmt.Appendf(nil, "<0x%02X>", b))
	}
	return &ids
}

// appendBytes appends the ids of text's bytes and says whether each has one;
// if not, it appends nothing.
func appendBytes(dst []int32, text []byte, ids *[256]int32) ([]int32, bool) {
	start := len(dst)
	for _, b := range text {
		if ids[b] == none {
			return dst[:start], false
		}
		dst = append(dst, ids[b])
	}
	return dst, true
}
