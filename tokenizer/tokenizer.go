package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// A Tokenizer turns text into ids exactly as Hugging Face's tokenizers 0.22
// does with the same tokenizer.json. It is immutable and safe for concurrent
// use.
//
// Truncation and padding that the file asks for never act. Text that is not
// UTF-8 is read as strings.ToValidUTF8 writes it, with U+FFFD.
type Tokenizer struct {
	normalizer   normalizer   // may be nil
	preTokenizer preTokenizer // may be nil
	model        model
	added        *addedVocabulary
	frame        frame
	size         int

	cut    cut
	blanks *byteClasses // of cutBlanks
	first  bool         // the start of the input is pre-tokenized otherwise
	side   string       // of truncation

	encoders sync.Pool
}

// Open reads and compiles the tokenizer.json at path.
func Open(path string) (*Tokenizer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: open: %w", err)
	}
	f, err := ParseFile(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: open %s: %w", path, unprefixed{err})
	}
	t, err := New(f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: open %s: %w", path, unprefixed{err})
	}
	return t, nil
}

// unprefixed is an error of this package inside another one, which has named
// the package already.
type unprefixed struct{ error }

func (e unprefixed) Error() string { return strings.TrimPrefix(e.error.Error(), "tokenizer: ") }
func (e unprefixed) Unwrap() error { return e.error }

// New compiles a file. What this package does not implement is an error that
// names it and, if the file was parsed, the line and column of the component
// it is in. The tokenizer keeps nothing of f.
func New(f *File) (*Tokenizer, error) {
	t := new(Tokenizer)
	if err := t.compile(f); err != nil {
		return nil, fmt.Errorf("tokenizer: compile tokenizer.json: %w", err)
	}
	t.encoders.New = func() any { return t.NewEncoder() }
	return t, nil
}

func (t *Tokenizer) compile(f *File) error {
	var err error
	if t.normalizer, err = newNormalizer(f.Normalizer, f.at("normalizer")); err != nil {
		return err
	}
	if t.preTokenizer, err = newPreTokenizer(f.PreTokenizer, f.at("pre_tokenizer")); err != nil {
		return err
	}
	if err = f.checkFirst(); err != nil {
		return err
	}
	if t.frame, err = newFrame(f.PostProcessor, f.at("post_processor")); err != nil {
		return err
	}
	if t.model, err = newModel(&f.Model, f.at("model")); err != nil {
		return err
	}
	v := t.model.vocabulary()
	t.added = newAddedVocabulary(f.AddedTokens, v, t.normalizer)
	t.size = v.size()
	for id := range t.added.tokens {
		t.size = max(t.size, int(id)+1)
	}
	t.chooseCut(f)
	t.side = truncationSide(f.Truncation)
	return nil
}

// truncationSide returns "left" or "right", "" where the file does not truncate.
func truncationSide(raw json.RawMessage) string {
	var c struct {
		Direction string `json:"direction"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &c) != nil {
		return ""
	}
	return strings.ToLower(c.Direction)
}

// chooseCut decides where text is cut before it is pre-tokenized.
func (t *Tokenizer) chooseCut(f *File) {
	t.first = bytes.Contains(f.PreTokenizer, []byte(`"first"`))
	if m, ok := t.model.(*bpe); t.preTokenizer == nil {
		if ok && m.cutsAtMeta() {
			t.cut = cutMetas
		}
		return
	}
	var classes *[256]byteClass
	if t.cut, classes = cutOf(f.PreTokenizer); t.cut == cutBlanks {
		t.blanks = newByteClasses(classes)
	}
}

// AppendIDs appends the ids of text to dst and returns the longer slice:
// without special tokens, never truncated or padded. Hugging Face fails on a
// text with an unknown part when the model has no token for that; AppendIDs
// leaves the part out.
func (t *Tokenizer) AppendIDs(dst []int32, text string) []int32 {
	e := t.encoders.Get().(*Encoder)
	defer t.encoders.Put(e)
	return e.AppendIDs(dst, text)
}

// AppendIDsWithSpecials is AppendIDs with the special tokens that the
// post-processor puts around a single sequence.
func (t *Tokenizer) AppendIDsWithSpecials(dst []int32, text string) []int32 {
	e := t.encoders.Get().(*Encoder)
	defer t.encoders.Put(e)
	return e.AppendIDsWithSpecials(dst, text)
}

// SpecialTokens returns the ids that the post-processor puts before and after a single
// sequence, which may be none.
func (t *Tokenizer) SpecialTokens() (before, after []int32) {
	around := t.frame.around
	before = slices.Clone(around[0])
	if len(around) > 1 {
		after = slices.Clone(around[len(around)-1])
	}
	return before, after
}

// TruncationSide returns where the file's truncation takes tokens away, "left" or
// "right", or "" if the file asks for none. It never acts here.
func (t *Tokenizer) TruncationSide() string { return t.side }

// IsSpecial reports whether id is that of the unknown token or of an added token that
// is special.
func (t *Tokenizer) IsSpecial(id int32) bool {
	a, ok := t.added.tokens[id]
	return ok && a.Special || id == t.model.unk()
}

// Size returns the highest id of all tokens, added ones included, and one.
func (t *Tokenizer) Size() int { return t.size }

// Token returns the token of an id. An added token comes before the model's.
func (t *Tokenizer) Token(id int32) (token string, ok bool) {
	if a, ok := t.added.tokens[id]; ok {
		return a.Content, true
	}
	return t.model.vocabulary().token(id)
}

// ID returns the id of a token. An added token comes before the model's.
func (t *Tokenizer) ID(token string) (id int32, ok bool) {
	id = t.added.find(token, t.model.vocabulary())
	return max(id, 0), id != none
}

// UnkID returns the id of the model's unknown token: that of the unk_token in
// the model's vocabulary, or a Unigram model's unk_id.
func (t *Tokenizer) UnkID() (id int32, ok bool) {
	id = t.model.unk()
	return max(id, 0), id != none
}

// Normalize returns what the normalizer makes of text. Added tokens are not
// looked for.
func (t *Tokenizer) Normalize(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if t.normalizer == nil {
		return text
	}
	return string(t.normalizer.normalize(nil, []byte(text), new(scratch)))
}

// Pieces returns what the normalizer and then the pre-tokenizer make of text.
// Added tokens are not looked for. Pieces of a byte-level tokenizer are spelled
// in its alphabet.
func (t *Tokenizer) Pieces(text string) []string {
	text = t.Normalize(text)
	if t.preTokenizer == nil {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	var pieces []string
	for _, p := range t.preTokenizer.split(nil, []byte(text), true, new(scratch)) {
		pieces = append(pieces, string(p))
	}
	return pieces
}
