package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Clone returns a copy that can be edited without changing f.
func (f *File) Clone() *File {
	c := *f
	c.AddedTokens = slices.Clone(f.AddedTokens)
	c.fields = slices.Clone(f.fields)
	c.Model.Vocab = slices.Clone(f.Model.Vocab)
	c.Model.Merges = slices.Clone(f.Model.Merges)
	c.Model.fields = slices.Clone(f.Model.fields)
	return &c
}

// Find returns the entry of a token of the model's vocabulary. Of equal tokens
// in a Unigram list the last counts, as it does for Hugging Face.
func (m *Model) Find(token string) (Entry, bool) {
	for i := len(m.Vocab) - 1; i >= 0; i-- {
		if m.Vocab[i].Token == token {
			return m.Vocab[i], true
		}
	}
	return Entry{}, false
}

// Index returns the id of every token of the model's vocabulary.
func (m *Model) Index() map[string]int {
	index := make(map[string]int, len(m.Vocab))
	for _, e := range m.Vocab {
		index[e.Token] = e.ID
	}
	return index
}

// find returns the ids of those of the tokens that are in the vocabulary: one
// pass, and no table of all tokens, of which there may be a quarter million.
func (m *Model) find(tokens map[string]bool) map[string]int {
	ids := make(map[string]int, len(tokens))
	if len(tokens) == 0 {
		return ids
	}
	for _, e := range m.Vocab {
		if tokens[e.Token] {
			ids[e.Token] = e.ID
		}
	}
	return ids
}

// MinScore returns the lowest score of a Unigram vocabulary, -100 of an empty
// one.
func (m *Model) MinScore() float64 {
	if len(m.Vocab) == 0 {
		return -100
	}
	low := math.Inf(1)
	for _, e := range m.Vocab {
		low = min(low, e.Score)
	}
	return low
}

// Unk returns the model's unknown token: its unk_token, or the token at its
// unk_id. It may be missing from the vocabulary. ok is false where the model
// names none.
func (m *Model) Unk() (token string, ok bool) {
	if m.Kind != Unigram {
		token = textOf(m.Field("unk_token"))
		return token, token != ""
	}
	id, ok := m.unkID()
	if !ok {
		return "", false
	}
	return m.Vocab[id].Token, true
}

// unkID returns the unk_id of a Unigram model if it is an index of the
// vocabulary.
func (m *Model) unkID() (int, bool) {
	id, err := strconv.Atoi(string(m.Field("unk_id")))
	return id, err == nil && id >= 0 && id < len(m.Vocab)
}

// SetUnk makes token, which must be in the vocabulary, the unknown token.
func (m *Model) SetUnk(token string) error {
	e, ok := m.Find(token)
	if !ok {
		return fmt.Errorf("tokenizer: set unknown token: %q is not in the vocabulary", token)
	}
	if m.Kind == Unigram {
		m.SetField("unk_id", jsonInt(e.ID))
	} else {
		m.SetField("unk_token", jsonString(token))
	}
	return nil
}

// AdoptAddedTokens moves every added token into the model's vocabulary that is
// not there yet, and corrects the ids of those that are: the vocabulary's id
// counts, and a token that it lacks takes the next id after the vocabulary,
// whatever the file says. That is how Hugging Face numbers them when it loads
// the file. Added tokens without content are dropped, as they are there.
func (f *File) AdoptAddedTokens() {
	if len(f.AddedTokens) == 0 {
		return
	}
	m := &f.Model
	contents := make(map[string]bool, len(f.AddedTokens))
	for _, t := range f.AddedTokens {
		contents[t.Content] = true
	}
	index := m.find(contents)
	next := len(m.Vocab)
	low := m.MinScore()
	before := len(m.Vocab)
	kept := f.AddedTokens[:0:0]
	for _, t := range f.AddedTokens {
		if t.Content == "" {
			continue
		}
		id, ok := index[t.Content]
		if !ok {
			id = next
			next++
			index[t.Content] = id
			e := Entry{Token: t.Content, ID: id}
			if m.Kind == Unigram {
				e.Score = low
			}
			m.Vocab = append(m.Vocab, e)
		}
		t.ID = id
		kept = append(kept, t)
	}
	f.AddedTokens = kept
	if len(m.Vocab) > before {
		slices.SortStableFunc(m.Vocab, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// Remove takes tokens out of the vocabulary and the added tokens, drops the
// merges that lose a part or their result, and numbers what is left densely
// from 0 in the old order, wherever the file holds an id: vocabulary, added
// tokens, unk_id, post-processor and padding. Two tokens that shared an id no
// longer do. A padding token that goes takes the padding along.
//
// It is an error to remove a token that the post-processor adds, or the
// unknown token of a WordPiece or WordLevel model, which cannot do without;
// f is then unchanged.
func (f *File) Remove(tokens map[string]bool) error {
	m := &f.Model
	unk, hasUnk := m.Unk()
	if hasUnk && tokens[unk] && (m.Kind == WordPiece || m.Kind == WordLevel) {
		return fmt.Errorf("tokenizer: remove tokens: a %s model needs its unknown token %q", m.Kind, unk)
	}
	if t, ok := f.postProcessorUses(tokens); ok {
		return fmt.Errorf("tokenizer: remove tokens: the post-processor adds %q", t)
	}
	if pad, ok := f.Pad(); ok && tokens[pad] {
		f.Padding = nil
	}
	unkID, _ := m.unkID()
	newUnk := -1
	kept := make([]Entry, 0, len(m.Vocab))
	for i, e := range m.Vocab {
		if tokens[e.Token] {
			continue
		}
		if i == unkID {
			newUnk = len(kept)
		}
		e.ID = len(kept)
		kept = append(kept, e)
	}
	m.Vocab = kept
	switch {
	case !hasUnk:
	case m.Kind == Unigram && newUnk >= 0:
		m.SetField("unk_id", jsonInt(newUnk))
	case m.Kind == Unigram:
		m.SetField("unk_id", nil)
	case tokens[unk]:
		m.SetField("unk_token", nil)
	}
	f.AddedTokens = slices.DeleteFunc(slices.Clone(f.AddedTokens), func(t AddedToken) bool { return tokens[t.Content] })
	m.dropMerges(tokens)
	return f.syncIDs()
}

// dropMerges drops the merges that use or make one of the tokens.
func (m *Model) dropMerges(tokens map[string]bool) {
	if len(m.Merges) == 0 || len(tokens) == 0 {
		return
	}
	prefix := len(textOf(m.Field("continuing_subword_prefix")))
	var made []byte
	kept := make([]Merge, 0, len(m.Merges))
	for _, p := range m.Merges {
		made = append(append(made[:0], p.Left...), p.Right[min(prefix, len(p.Right)):]...)
		if !tokens[p.Left] && !tokens[p.Right] && !tokens[string(made)] {
			kept = append(kept, p)
		}
	}
	m.Merges = kept
}

// Append adds tokens to the end of the vocabulary. Their ids follow the
// highest there is; the ids they come with are ignored. A token that is
// already there is an error. For BPE it does not make the tokens reachable.
func (f *File) Append(entries ...Entry) error {
	m := &f.Model
	next := 0
	if n := len(m.Vocab); n > 0 {
		next = m.Vocab[n-1].ID + 1
	}
	fresh := make(map[string]bool, len(entries))
	for _, e := range entries {
		if fresh[e.Token] {
			return fmt.Errorf("tokenizer: append token: %q comes twice", e.Token)
		}
		fresh[e.Token] = true
	}
	for token := range m.find(fresh) {
		return fmt.Errorf("tokenizer: append token: %q is already in the vocabulary", token)
	}
	for i, e := range entries {
		e.ID = next + i
		if m.Kind != Unigram {
			e.Score = 0
		}
		m.Vocab = append(m.Vocab, e)
	}
	return nil
}

// Mark makes a token of the vocabulary an added token. Its id is that of the
// vocabulary; an added token of the same content is replaced where it stands.
func (f *File) Mark(tokens ...AddedToken) error {
	contents := make(map[string]bool, len(tokens))
	for _, t := range tokens {
		contents[t.Content] = true
	}
	ids := f.Model.find(contents)
	at := make(map[string]int, len(f.AddedTokens)+len(tokens))
	for i, a := range f.AddedTokens {
		at[a.Content] = i
	}
	for _, t := range tokens {
		id, ok := ids[t.Content]
		if !ok {
			return fmt.Errorf("tokenizer: mark added token: %q is not in the vocabulary", t.Content)
		}
		t.ID = id
		if i, ok := at[t.Content]; ok {
			t.fields = f.AddedTokens[i].fields
			f.AddedTokens[i] = t
			continue
		}
		at[t.Content] = len(f.AddedTokens)
		f.AddedTokens = append(f.AddedTokens, t)
	}
	return nil
}

// MarkSpecial makes tokens of the vocabulary special added tokens. One that is
// an added token already keeps its other flags.
func (f *File) MarkSpecial(tokens ...string) error {
	for _, content := range tokens {
		t := AddedToken{Content: content}
		for _, a := range f.AddedTokens {
			if a.Content == content {
				t = a
			}
		}
		t.Special = true
		if err := f.Mark(t); err != nil {
			return err
		}
	}
	return nil
}

// SortAddedTokens puts the added tokens in order of id, as Hugging Face writes
// them.
func (f *File) SortAddedTokens() {
	slices.SortStableFunc(f.AddedTokens, func(a, b AddedToken) int { return cmp.Compare(a.ID, b.ID) })
}

// AddPrefixSpace sets add_prefix_space on the ByteLevel pre-tokenizer, so that
// a word is the same token at the start of a text as inside it. It reports
// whether there is such a pre-tokenizer.
func (f *File) AddPrefixSpace() (bool, error) {
	if f.PreTokenizer == nil {
		return false, nil
	}
	root, err := parseNode(f.PreTokenizer)
	if err != nil {
		return false, fmt.Errorf("tokenizer: add prefix space: %s: %w", f.at("pre_tokenizer"), err)
	}
	n := firstOfType(root, "ByteLevel")
	if n == nil {
		return false, nil
	}
	n.set("add_prefix_space", json.RawMessage("true"))
	f.PreTokenizer = root.json()
	return true, nil
}

// firstOfType returns the pre-tokenizer of that type, which may be inside of
// sequences, or nil.
func firstOfType(n *jsonNode, kind string) *jsonNode {
	switch t := n.get("type").text(); {
	case t == kind:
		return n
	case t == "Sequence":
		for _, c := range n.get("pretokenizers").children() {
			if found := firstOfType(c, kind); found != nil {
				return found
			}
		}
	}
	return nil
}

// children returns the members of an array or object; of nil there are none.
func (n *jsonNode) children() []*jsonNode {
	if n == nil {
		return nil
	}
	return n.items
}
