// Package vocab decides which rows a static model has, in which order, and
// which ids the teacher runs for each.
//
// It edits the teacher's tokenizer.json on the way: what Build returns is the
// file of the student, whose ids are the row numbers.
package vocab

import (
	"fmt"

	"github.com/m2v-dev/m2v/tokenizer"
)

// MaxLength is the truncation that the student's tokenizer.json asks for.
const MaxLength = 512

// DefaultRemovePattern is the reference's token_remove_pattern: the tokens
// that BERT's vocabularies hold in reserve.
const DefaultRemovePattern = `\[unused\d+\]`

// Options say which tokens become rows. The zero value keeps the whole
// vocabulary but for special markers; DefaultOptions is the reference's.
type Options struct {
	// RemovePattern removes tokens that match at their start, as Python's
	// re.match does; "" removes none. The unknown token always stays.
	RemovePattern string
	// KeepAdded keeps the added tokens, such as [CLS] and [MASK], as rows.
	// Otherwise all but UNK and PAD go. The 2024 recipe keeps them.
	KeepAdded bool
	// Words are the user's own entries, appended in this order: those that
	// the tokenizer takes for one word first, multi-word entries after them.
	Words []string
	// Only drops every token but UNK and PAD before the words are added.
	Only bool
	// SpecialTokens is what surrounds a token when the teacher runs it.
	SpecialTokens SpecialTokens
	// Special names the special tokens, where the teacher's files do.
	Special Special
}

// DefaultOptions returns the reference's options.
func DefaultOptions() Options {
	return Options{RemovePattern: DefaultRemovePattern, SpecialTokens: BOSEOS}
}

// A SpecialTokens is what the teacher sees around a token.
type SpecialTokens string

const (
	// BOSEOS is what the post-processor adds, in its order: [CLS] token [SEP].
	// It is the zero value's meaning too.
	BOSEOS SpecialTokens = "bos-eos"
	// EOSBOS swaps the two, as the 2024 recipe did: [SEP] token [CLS].
	EOSBOS SpecialTokens = "eos-bos"
	// NoSpecialTokens runs the bare token.
	NoSpecialTokens SpecialTokens = "none"
)

// String returns the name, that of BOSEOS for the zero value.
func (f SpecialTokens) String() string {
	if f == "" {
		return string(BOSEOS)
	}
	return string(f)
}

// Set parses a name, so that a *SpecialTokens is a command-line flag.
func (f *SpecialTokens) Set(name string) error {
	switch known := SpecialTokens(name); known {
	case BOSEOS, EOSBOS, NoSpecialTokens:
		*f = known
		return nil
	}
	return fmt.Errorf("special tokens %q are not one of %s, %s, %s", name, BOSEOS, EOSBOS, NoSpecialTokens)
}

// Type names the flag's kind of value in help texts.
func (f *SpecialTokens) Type() string { return "order" }

// Special names tokens as tokenizer_config.json or special_tokens_map.json do;
// "" where they do not. Pad and Unk come before what tokenizer.json says. BOS
// and EOS serve EOSBOS alone, where the post-processor adds nothing.
type Special struct {
	Pad, Unk, BOS, EOS string
	// NoPad and NoUnk say that a file names none, with null: then no token is taken for
	// it by its name, and what tokenizer.json says counts.
	NoPad, NoUnk bool
}

// A Vocabulary is V rows: tokens, and the ids that the teacher runs for each.
type Vocabulary struct {
	Tokens []string        // V, in row order
	IDs    [][]int         // V, the teacher's ids, special tokens included; none is empty
	File   *tokenizer.File // the student's tokenizer.json; ids are rows

	SpecialTokens struct{ BOS, EOS []int } // before and after each token in IDs
	// PadID and UnkID are rows, -1 if there is none; the two may be equal.
	PadID, UnkID int
	// TeacherPadID is the id to pad the teacher's batches with: PAD's, or 0.
	TeacherPadID int

	Counts   Counts
	Warnings []string
}

// Counts tells what happened to the teacher's tokens and to the user's words.
// Before − Pruned − Removed + Added + Helpers + MultiWord = V.
type Counts struct {
	Before     int // tokens of the teacher, added tokens included
	Pruned     int // special markers that went, and with Only every subword
	Removed    int // matched the pattern, or were replaced by a multi-word entry
	Added      int // words appended to the model's vocabulary, and a missing UNK
	Helpers    int // parts that BPE needs to reach the words
	MultiWord  int // words appended as added tokens
	Duplicates int // words that were known, or came twice
	Empty      int // words of which the tokenizer leaves nothing
	Rejected   int // words that matched the pattern, or are longer than a kilobyte
}

// Build derives a student's vocabulary from a teacher's tokenizer.json, which
// it leaves as it is.
//
// A pattern that does not compile, one that leaves no token, and a component
// that the tokenizer package does not implement are errors.
func Build(f *tokenizer.File, o Options) (*Vocabulary, error) {
	v, err := build(f, o)
	if err != nil {
		return nil, fmt.Errorf("vocab: %w", err)
	}
	return v, nil
}

func build(f *tokenizer.File, o Options) (*Vocabulary, error) {
	b, err := newBuilder(f, o) // the teacher's tokens, PAD and UNK found
	if err != nil {
		return nil, err
	}
	if err := b.reduce(); err != nil { // special markers and the pattern's matches go
		return nil, err
	}
	if err := b.addWords(); err != nil { // the user's words come
		return nil, err
	}
	if err := b.finish(); err != nil { // padding, truncation, prefix space
		return nil, err
	}
	return b.rows() // V tokens, V id sequences
}
