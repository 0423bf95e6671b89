package tokenizer

import (
	"encoding/json"
	"fmt"
)

// A normalizer rewrites text before it is cut into pieces.
//
// Text is valid UTF-8 on both sides: the encoder replaces what is not by
// U+FFFD at its door. A normalizer is immutable and safe for concurrent use;
// everything it scribbles on is in the scratch, which belongs to one caller.
type normalizer interface {
	// normalize appends the normalized form of s to dst. dst and s do not
	// overlap, and neither is memory of the scratch that normalize uses.
	normalize(dst, s []byte, sc *scratch) []byte
}

// A preTokenizer cuts normalized text into the pieces that the model sees one
// at a time. Empty pieces are never appended.
type preTokenizer interface {
	// split appends the pieces of text to dst. A piece aliases text, or the
	// scratch's arena where its bytes are new, and is valid until the next
	// scratch.reset. first says whether text starts where the whole input does,
	// which only Metaspace with prepend_scheme "first" wants to know.
	split(dst []piece, text []byte, first bool, sc *scratch) []piece
}

// A piece is what a pre-tokenizer cuts text into.
type piece = []byte

// scratch is the memory that normalizers and pre-tokenizers write on, kept
// from text to text so that a warm encoder allocates nothing. It is not safe
// for concurrent use; its zero value is ready.
type scratch struct {
	arena  []byte    // bytes of pieces that are not slices of the text
	text   [2][]byte // a normalizer sequence's intermediate texts, in turn
	pieces [2][]piece
	marks  []mark // code points being put in canonical order
	sorted []mark
	regex  regexScratch

	// shifted is set, never cleared, by a normalizer whose result does not
	// start with what its text starts with, because it removed that. Metaspace
	// with prepend_scheme "first" then leaves the text alone: the caller clears
	// it before it normalizes and passes first && !shifted to split.
	shifted bool
}

// reset frees the arena: pieces made before are no longer valid.
func (sc *scratch) reset() { sc.arena = sc.arena[:0] }

// reserve makes room for n bytes in the arena, so that appending that many
// does not move it. Pieces made before stay valid: they keep the old array.
func (sc *scratch) reserve(n int) {
	if cap(sc.arena)-len(sc.arena) < n {
		sc.arena = make([]byte, 0, 2*cap(sc.arena)+n+256)
	}
}

// newNormalizer compiles the "normalizer" of a tokenizer.json. at is its JSON
// path, such as "normalizer", and heads the errors. raw null, or empty, gives
// nil: nothing to do.
func newNormalizer(raw json.RawMessage, at string) (normalizer, error) {
	kind, err := componentType(raw, at)
	if kind == "" || err != nil {
		return nil, err
	}
	build := normalizerType(kind)
	if build == nil {
		return nil, fmt.Errorf("%s: normalizer type %q is not implemented", at, kind)
	}
	return build(raw, at)
}

// newPreTokenizer compiles the "pre_tokenizer" of a tokenizer.json, as
// newNormalizer does the "normalizer".
func newPreTokenizer(raw json.RawMessage, at string) (preTokenizer, error) {
	kind, err := componentType(raw, at)
	if kind == "" || err != nil {
		return nil, err
	}
	build := preTokenizerType(kind)
	if build == nil {
		return nil, fmt.Errorf("%s: pre-tokenizer type %q is not implemented", at, kind)
	}
	return build(raw, at)
}

// componentType returns the "type" of a component, "" for null.
func componentType(raw json.RawMessage, at string) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	var c struct {
		Type *string `json:"type"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return "", fmt.Errorf("%s: %w", at, err)
	}
	if c.Type == nil || *c.Type == "" {
		return "", fmt.Errorf("%s: no type", at)
	}
	return *c.Type, nil
}

// decode reads a component's fields into c, whose preset values are the
// defaults. Fields that c lacks are ignored, as the original does.
func decode(raw json.RawMessage, at string, c any) error {
	if err := json.Unmarshal(raw, c); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}
