package tokenizer

import (
	"encoding/json"
	"slices"
	"strings"
)

// Field returns a field of the model other than type, vocab and merges, as
// JSON, such as unk_token, unk_id or byte_fallback; nil when null or absent.
func (m *Model) Field(name string) json.RawMessage {
	for _, f := range m.fields {
		if f.name == name && string(f.raw) != "null" {
			return f.raw
		}
	}
	return nil
}

// SetField sets a field of the model other than type, vocab and merges. A nil
// raw sets null.
func (m *Model) SetField(name string, raw json.RawMessage) {
	if raw == nil {
		raw = json.RawMessage("null")
	}
	m.fields = setField(m.fields, name, raw)
}

// parse reads the model object.
func (m *Model) parse(s *jsonScanner) error {
	s.peek()
	start := s.pos
	*m = Model{}
	var declared string
	var hasVocab, hasMerges, listed bool
	err := s.object(func(key string, _ int) error {
		var raw json.RawMessage
		var err error
		switch key {
		case "vocab":
			hasVocab, listed = true, s.peek() == '['
			err = m.parseVocab(s)
		case "merges":
			hasMerges = true
			err = m.parseMerges(s)
		case "type":
			if s.peek() == '"' {
				at := s.pos
				if declared, err = s.string(); err == nil && !slices.Contains(kinds, declared) {
					err = s.errorAt(at, "unknown model type %q, want one of %s", declared, strings.Join(kinds, ", "))
				}
				break
			}
			raw, err = s.raw()
		default:
			raw, err = s.raw()
		}
		m.fields = setField(m.fields, key, raw)
		return err
	})
	if err != nil {
		return err
	}
	if !hasVocab {
		return s.errorAt(start, "model has no vocab")
	}
	if m.Kind = declared; m.Kind == "" {
		if m.Kind = m.derive(listed, hasMerges); m.Kind == "" {
			return s.errorAt(start, "model has no type, and its fields are those of none (%s)", strings.Join(kinds, ", "))
		}
	}
	switch {
	case listed != (m.Kind == Unigram):
		return s.errorAt(start, "the vocab of a %s model must be %s", m.Kind, vocabForm(m.Kind))
	case m.Kind == BPE && !hasMerges:
		return s.errorAt(start, "BPE model has no merges")
	}
	return nil
}

// kinds are the model types, in the order in which Hugging Face tries them on
// a model that does not name its own.
var kinds = []string{BPE, WordPiece, WordLevel, Unigram}

func vocabForm(kind string) string {
	if kind == Unigram {
		return "an array of [token, score]"
	}
	return "an object of token: id"
}

// derive returns the kind of a model of an old file that has no type: the
// first whose mandatory fields are there, or "".
//
// Source: ModelUntagged in models/mod.rs of tokenizers 0.22.
func (m *Model) derive(listed, hasMerges bool) string {
	has := func(name string) bool { return m.Field(name) != nil }
	switch {
	case listed:
		return Unigram
	case hasMerges:
		return BPE
	case has("unk_token") && has("continuing_subword_prefix") && has("max_input_chars_per_word"):
		return WordPiece
	case has("unk_token"):
		return WordLevel
	}
	return ""
}

// A cuts value cuts one string at ascending ends.
type cuts struct {
	text string
	ends []int
	i    int
}

func (c *cuts) next() string {
	start := 0
	if c.i > 0 {
		start = c.ends[c.i-1]
	}
	c.i++
	return c.text[start:c.ends[c.i-1]]
}

// pair reads an array of exactly two elements.
func (s *jsonScanner) pair(first, second func() error) error {
	n := 0
	start := s.pos
	err := s.array(func() error {
		switch n++; n {
		case 1:
			return first()
		case 2:
			return second()
		}
		return s.errorAt(start, "want an array of two, found more")
	})
	if err == nil && n != 2 {
		err = s.errorAt(start, "want an array of two, found %d", n)
	}
	return err
}

// parseMerges reads ["a b", …] or [["a","b"], …]; a file has one form or the
// other.
func (m *Model) parseMerges(s *jsonScanner) error {
	m.Merges, m.spacedMerges = nil, false
	if s.null() {
		return nil
	}
	var arena []byte
	var ends []int
	part := func() (err error) {
		s.peek()
		arena, err = s.appendString(arena)
		ends = append(ends, len(arena))
		return err
	}
	n := 0
	err := s.array(func() error {
		spaced := s.peek() == '"'
		if n++; n == 1 {
			m.spacedMerges = spaced
		}
		if spaced != m.spacedMerges {
			return s.errorAt(s.pos, "merges are strings and arrays in one file")
		}
		if !spaced {
			return s.pair(part, part)
		}
		from, at := len(arena), s.pos
		if err := part(); err != nil {
			return err
		}
		left, right, ok := strings.Cut(string(arena[from:]), " ")
		switch {
		case strings.HasPrefix(left, "#version"): // the header of a merges.txt
			arena, ends = arena[:from], ends[:len(ends)-1]
			return nil
		case !ok || strings.Contains(right, " "):
			return s.errorAt(at, "merge %q is not two tokens and a space", arena[from:])
		}
		arena = append(arena[:from], left...)
		ends[len(ends)-1] = len(arena)
		arena = append(arena, right...)
		ends = append(ends, len(arena))
		return nil
	})
	if err != nil {
		return err
	}
	cut := cuts{text: string(arena), ends: ends}
	m.Merges = make([]Merge, len(ends)/2)
	for i := range m.Merges {
		m.Merges[i] = Merge{Left: cut.next(), Right: cut.next()}
	}
	return nil
}
