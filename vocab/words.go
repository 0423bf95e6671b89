package vocab

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/m2v-dev/m2v/tokenizer"
)

// A word is an entry of the user's vocabulary that becomes a row.
type word struct {
	text  string // as the user wrote it
	token string // as the vocabulary spells it
}

// addWords appends the user's words: those that are one piece to the
// tokenizer's model, the others after them as added tokens.
func (b *builder) addWords() error {
	if len(b.o.Words) == 0 {
		return nil
	}
	pre, err := b.preprocessor()
	if err != nil {
		return err
	}
	s := sorter{b: b, pre: pre, have: make(map[string]bool), seen: make(map[string]bool), replaced: make(map[string]bool)}
	for _, e := range b.next.Model.Vocab {
		s.have[e.Token] = true
	}
	for _, text := range b.o.Words {
		if err := s.sort(text); err != nil {
			return err
		}
	}
	s.report()
	if err := b.next.Remove(s.replaced); err != nil {
		return err
	}
	b.counts.Removed += len(s.replaced)
	if err := b.appendWords(pre, s.single); err != nil {
		return err
	}
	b.counts.Added += len(s.single)
	if err := b.appendMultiWords(s.multi); err != nil {
		return err
	}
	return b.checkReach(slices.Concat(s.single, s.multi))
}

// checkReach warns of words that the student's tokenizer does not find even
// where a text consists of nothing else.
func (b *builder) checkReach(words []word) error {
	student, err := tokenizer.New(b.next)
	if err != nil {
		return err
	}
	var lost []string
	var ids []int32
	for _, w := range words {
		ids = student.AppendIDs(ids[:0], w.text)
		if id, ok := student.ID(w.token); !ok || !slices.Contains(ids, id) {
			lost = append(lost, w.text)
		}
	}
	if len(lost) > 0 {
		b.warn("%d of %d words have a row, but the tokenizer finds them in no text: %s", len(lost), len(b.o.Words), quoteFew(lost))
	}
	return nil
}

// preprocessor compiles the student's normalizer and pre-tokenizer alone.
func (b *builder) preprocessor() (*tokenizer.Tokenizer, error) {
	f := &tokenizer.File{
		Normalizer:   b.next.Normalizer,
		PreTokenizer: b.next.PreTokenizer,
		Model:        tokenizer.Model{Kind: tokenizer.WordLevel, Vocab: []tokenizer.Entry{{Token: "[UNK]"}}},
	}
	if err := f.Model.SetUnk("[UNK]"); err != nil {
		return nil, err
	}
	return tokenizer.New(f)
}

// A sorter decides for each entry of the user's what becomes of it.
type sorter struct {
	b   *builder
	pre *tokenizer.Tokenizer

	have     map[string]bool // tokens of the student's vocabulary, and words so far
	seen     map[string]bool // multi-word tokens so far
	replaced map[string]bool // tokens that a multi-word entry takes the place of

	single, multi []word

	empty, known, rejected, long []string // entries, for the warnings
}

// sort files one entry. It is normalized and cut as text is, so that what the
// vocabulary gets is what a text can contain.
func (s *sorter) sort(text string) error {
	if len(text) > maxWordBytes { // a line of some other file
		s.long = append(s.long, text)
		s.b.counts.Rejected++
		return nil
	}
	pieces := s.pre.Pieces(text)
	switch {
	case len(pieces) == 0 || strings.TrimFunc(text, isSpace) == "":
		s.empty = append(s.empty, text)
		s.b.counts.Empty++
		return nil
	case len(pieces) > 1:
		return s.sortMulti(text)
	}
	token := pieces[0] + s.b.suffix()
	switch removed, err := s.rejects(token); {
	case err != nil:
		return err
	case s.have[token]:
		s.known = append(s.known, text)
		s.b.counts.Duplicates++
		return nil
	case removed:
		s.rejected = append(s.rejected, text)
		s.b.counts.Rejected++
		return nil
	}
	if _, ok := s.b.old[token]; ok && !s.b.o.Only { // a special marker that went
		s.known = append(s.known, text)
		s.b.counts.Duplicates++
		return nil
	}
	surface := text
	if s.b.prefix && !strings.HasPrefix(text, " ") {
		surface = " " + text // as the student's pre-tokenizer will have it
	}
	if !s.b.runnable(surface, token) {
		s.empty = append(s.empty, text)
		s.b.counts.Empty++
		return nil
	}
	s.have[token] = true
	s.single = append(s.single, word{text, token})
	return nil
}

// rejects reports whether the removal pattern matches the token.
func (s *sorter) rejects(token string) (bool, error) {
	if s.b.pattern == nil {
		return false, nil
	}
	return s.b.pattern.match(token)
}

// sortMulti files an entry of several pieces. Where the vocabulary has it as
// one token, which no text can reach, that token makes room.
func (s *sorter) sortMulti(text string) error {
	token := s.pre.Normalize(text)
	if !sameButSpace(s.pre.Normalize(token), token) {
		// The normalizer, which will see the token again when a text is
		// searched for it, does not leave its own work alone: it prepends, or
		// spells bytes.
		token = text
	}
	token = strings.TrimFunc(token, isSpace)
	switch {
	case token == "":
		s.empty = append(s.empty, text)
		s.b.counts.Empty++
		return nil
	case s.seen[token] || s.b.isSpecial(token) || s.b.isSpecial(text):
		s.known = append(s.known, text)
		s.b.counts.Duplicates++
		return nil
	case !s.b.runnable(strings.TrimFunc(text, isSpace), token):
		s.empty = append(s.empty, text)
		s.b.counts.Empty++
		return nil
	}
	for _, t := range []string{text, token} {
		if s.have[t] {
			s.replaced[t] = true
		}
	}
	s.seen[token] = true
	s.multi = append(s.multi, word{text, token})
	return nil
}

// sameButSpace compares two texts without their white space.
func sameButSpace(a, b string) bool {
	return strings.Join(strings.FieldsFunc(a, isSpace), "") == strings.Join(strings.FieldsFunc(b, isSpace), "")
}

// report turns what was dropped into one warning a reason.
func (s *sorter) report() {
	n := len(s.b.o.Words)
	for _, r := range []struct {
		words []string
		why   string
	}{
		{s.empty, "the tokenizer leaves nothing of %d of %d words: %s"},
		{s.known, "%d of %d words are in the vocabulary already, or come twice: %s"},
		{s.rejected, "the removal pattern matches %d of %d words: %s"},
		{s.long, "%d of %d words are longer than a kilobyte, and are left out: %s"},
	} {
		if len(r.words) > 0 {
			s.b.warn(r.why, len(r.words), n, quoteFew(r.words))
		}
	}
}

// runnable finds what the teacher runs for a word: the id of its token where
// it has one, else the ids of the word as text. It reports whether there is
// anything to run.
//
// The word's text is encoded, and not the token: "Ġxkcdq" and "▁xkcdq" are
// spellings that no text has.
func (b *builder) runnable(surface, token string) bool {
	if _, ok := b.old[token]; ok {
		return true
	}
	ids := ints(b.teacher.AppendIDs(nil, surface))
	if len(ids)+len(b.before)+len(b.after) == 0 {
		return false
	}
	b.surfaces[token] = ids
	return true
}

// suffix is what BPE puts behind the last symbol of a word, usually nothing.
func (b *builder) suffix() string {
	if b.next.Model.Kind != tokenizer.BPE {
		return ""
	}
	return textField(&b.next.Model, "end_of_word_suffix")
}

// textField returns a field of the model that holds a string, else "".
func textField(m *tokenizer.Model, name string) string {
	var s string
	if json.Unmarshal(m.Field(name), &s) != nil {
		return ""
	}
	return s
}

// appendWords appends words to the model's vocabulary so that texts reach them.
func (b *builder) appendWords(pre *tokenizer.Tokenizer, words []word) error {
	switch b.next.Model.Kind {
	case tokenizer.BPE:
		return b.appendBPE(pre, words)
	case tokenizer.Unigram:
		return b.next.Append(scored(&b.next.Model, words)...)
	}
	entries := make([]tokenizer.Entry, len(words))
	for i, w := range words {
		entries[i].Token = w.token
	}
	return b.next.Append(entries...)
}

// appendMultiWords appends words to the vocabulary as added tokens that take
// the white space around them.
func (b *builder) appendMultiWords(words []word) error {
	entries := make([]tokenizer.Entry, 0, len(words))
	added := make([]tokenizer.AddedToken, 0, len(words))
	have := b.next.Model.Index()
	low := b.next.Model.MinScore()
	for _, w := range words {
		if _, ok := have[w.token]; !ok { // a helper of BPE's may be there
			entries = append(entries, tokenizer.Entry{Token: w.token, Score: low})
		}
		added = append(added, tokenizer.AddedToken{Content: w.token, LStrip: true, RStrip: true, Normalized: true})
	}
	if err := b.next.Append(entries...); err != nil {
		return err
	}
	b.counts.MultiWord += len(entries)
	return b.next.Mark(added...)
}

// isSpace is Python's str.isspace: Unicode's white space and the four
// separators of ASCII.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
