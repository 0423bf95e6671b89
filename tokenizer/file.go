package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// A File is a Hugging Face tokenizer.json, kept as written: the order of its
// keys, fields that this package does not know and the spelling of what nobody
// edits survive Bytes.
type File struct {
	// The components, as JSON; nil when null or absent.
	Normalizer, PreTokenizer, PostProcessor, Decoder json.RawMessage
	// Truncation and Padding are what the file asks for; encoding ignores both.
	Truncation, Padding json.RawMessage
	// AddedTokens are in the order of the file.
	AddedTokens []AddedToken
	Model       Model

	fields    []field // of the top level, in order; raw is nil where the struct holds the value
	positions map[string]position
}

// An AddedToken is text that is cut out of the input before anything else and
// becomes one token.
type AddedToken struct {
	ID      int
	Content string
	// SingleWord asks for word boundaries on both sides, LStrip and RStrip
	// take the white space on that side too, Normalized looks for the content
	// in the normalized text.
	SingleWord, LStrip, RStrip, Normalized bool
	Special                                bool

	fields []field // as in File; nil for a token that no file had
}

// A Model is the part of a tokenizer that turns a piece of text into tokens.
type Model struct {
	// Kind is WordPiece, BPE, Unigram or WordLevel.
	Kind string
	// Vocab holds the tokens by ascending id. Ids may have holes, and two
	// tokens may share one. For Unigram the id is the index.
	Vocab []Entry
	// Merges are the pairs of a BPE model, in order of rank.
	Merges []Merge

	fields       []field     // as in File
	spacedMerges bool        // merges are spelled "a b", not ["a","b"]
	read         *vocabulary // of Vocab as the file has it; nil where New has to make it
}

// An Entry is a token of a model's vocabulary. Score is its log-probability in
// a Unigram model and 0 elsewhere.
type Entry struct {
	Token string
	ID    int
	Score float64
}

// A Merge joins two adjacent tokens of a BPE model.
type Merge struct{ Left, Right string }

// The kinds of model.
const (
	WordPiece = "WordPiece"
	BPE       = "BPE"
	Unigram   = "Unigram"
	WordLevel = "WordLevel"
)

// A field is a key of an object and its value as JSON.
type field struct {
	name string
	raw  json.RawMessage
}

// position is a place in the file, both from 1, columns in characters.
type position struct{ line, column int }

// component returns the struct's place for a top-level component, or nil.
func (f *File) component(name string) *json.RawMessage {
	switch name {
	case "normalizer":
		return &f.Normalizer
	case "pre_tokenizer":
		return &f.PreTokenizer
	case "post_processor":
		return &f.PostProcessor
	case "decoder":
		return &f.Decoder
	case "truncation":
		return &f.Truncation
	case "padding":
		return &f.Padding
	}
	return nil
}

// ParseFile reads a tokenizer.json. It keeps no reference to data.
//
// An error says line and column. What is not JSON in UTF-8, has no model, or
// has a model of unknown type is refused; so are the model's vocabulary,
// merges and added tokens where Hugging Face could not read them. Components
// are checked by New, not here.
func ParseFile(data []byte) (*File, error) {
	f := new(File)
	if err := f.parse(data); err != nil {
		return nil, fmt.Errorf("tokenizer: parse tokenizer.json: %w", err)
	}
	return f, nil
}

func (f *File) parse(data []byte) error {
	invalid := make(chan int, 1)
	go func() { invalid <- invalidUTF8(data) }() // what parsing makes of such data does not count
	s := &jsonScanner{data: data}
	err := f.parseObject(s)
	if i := <-invalid; i >= 0 {
		return s.errorAt(i, "invalid UTF-8")
	}
	return err
}

// parseObject reads the file's only value.
func (f *File) parseObject(s *jsonScanner) error {
	data := s.data
	offsets := []keyOffset{}
	hasModel := false
	if c := s.peek(); c != '{' {
		if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
			return errors.New("a Git LFS pointer, not the file itself: git lfs pull fetches it")
		}
		return s.unexpected("an object")
	}
	err := s.object(func(key string, at int) error {
		offsets = append(offsets, keyOffset{key, at})
		var raw json.RawMessage
		var err error
		switch c := f.component(key); {
		case c != nil:
			*c = nil
			if !s.null() {
				*c, err = s.raw()
			}
		case key == "added_tokens":
			err = f.parseAddedTokens(s)
		case key == "model":
			hasModel = true
			err = f.Model.parse(s)
		case key == "version":
			raw, err = s.version()
		default:
			raw, err = s.raw()
		}
		f.fields = setField(f.fields, key, raw)
		return err
	})
	if err != nil {
		return err
	}
	if s.peek(); s.pos < len(data) {
		return s.unexpected("the end of the file")
	}
	if !hasModel {
		return s.errorAt(0, "no model")
	}
	f.positions = positions(data, offsets)
	return nil
}

// version reads the file's version, of which there is one so far.
func (s *jsonScanner) version() (json.RawMessage, error) {
	s.peek()
	start := s.pos
	v, err := s.string()
	if err != nil {
		return nil, err
	}
	if v != "1.0" {
		return nil, s.errorAt(start, "version %q is unknown, want \"1.0\"", v)
	}
	return bytes.Clone(s.data[start:s.pos]), nil
}

func (f *File) parseAddedTokens(s *jsonScanner) error {
	f.AddedTokens = nil
	return s.array(func() error {
		s.peek()
		start := s.pos
		var t AddedToken
		err := s.object(func(key string, _ int) error {
			var raw json.RawMessage
			var err error
			switch flag := t.flag(key); {
			case key == "id":
				t.ID, err = s.id()
			case key == "content":
				s.peek()
				t.Content, err = s.string()
			case flag != nil:
				*flag, err = s.bool()
			default:
				raw, err = s.raw()
			}
			t.fields = setField(t.fields, key, raw)
			return err
		})
		if err != nil {
			return err
		}
		for _, want := range addedTokenFields {
			if !slices.ContainsFunc(t.fields, func(f field) bool { return f.name == want.name }) {
				return s.errorAt(start, "added token %q has no %q", t.Content, want.name)
			}
		}
		if len(t.fields) == len(addedTokenFields) && slices.EqualFunc(t.fields, addedTokenFields,
			func(a, b field) bool { return a.name == b.name }) {
			t.fields = nil // the usual form needs no memory of its own
		}
		f.AddedTokens = append(f.AddedTokens, t)
		return nil
	})
}

// addedTokenFields are the keys of an added token, all of them mandatory.
var addedTokenFields = []field{
	{name: "id"}, {name: "content"}, {name: "single_word"}, {name: "lstrip"},
	{name: "rstrip"}, {name: "normalized"}, {name: "special"},
}

func (t *AddedToken) flag(name string) *bool {
	switch name {
	case "single_word":
		return &t.SingleWord
	case "lstrip":
		return &t.LStrip
	case "rstrip":
		return &t.RStrip
	case "normalized":
		return &t.Normalized
	case "special":
		return &t.Special
	}
	return nil
}

// setField adds a field, or replaces the one of that name: of two equal keys
// the last counts.
func setField(fields []field, name string, raw json.RawMessage) []field {
	for i := range fields {
		if fields[i].name == name {
			fields[i].raw = raw
			return fields
		}
	}
	return append(fields, field{name, raw})
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
}

// A keyOffset is where a top-level key starts.
type keyOffset struct {
	name string
	at   int
}

// positions turns ascending offsets into lines and columns in one pass.
func positions(data []byte, offsets []keyOffset) map[string]position {
	m := make(map[string]position, len(offsets))
	p, from := position{1, 1}, 0
	for _, o := range offsets {
		part := data[from:o.at]
		if n := bytes.Count(part, []byte{'\n'}); n > 0 {
			p.line += n
			p.column = 1
			part = part[bytes.LastIndexByte(part, '\n')+1:]
		}
		p.column += utf8.RuneCount(part)
		m[o.name], from = p, o.at
	}
	return m
}

// at names a top-level key and, where the file was parsed, its line and
// column: "normalizer (43:3)". Errors about a component start with it.
func (f *File) at(name string) string {
	if p, ok := f.positions[name]; ok {
		return fmt.Sprintf("%s (%d:%d)", name, p.line, p.column)
	}
	return name
}
