package sentencepiece

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/tokenizer"
)

// File returns the model as a tokenizer.json, with the given normalizers, such as
// {"type":"Lowercase"}, before its own. Every Hugging Face tokenizer gives the ids of
// AppendIDs with it, but for one thing: its Precompiled looks the model's character
// map up by grapheme, so that it loses an accent that follows a character which the
// map changes ("ﬁ" and U+0301). Models without a map have no such texts.
func (m *Model) File(first ...json.RawMessage) (*tokenizer.File, error) {
	f, err := m.bpeFile()
	if err != nil {
		return nil, fmt.Errorf("sentencepiece: write tokenizer.json: %w", err)
	}
	list := make([][]byte, 0, 8)
	for _, n := range slices.Concat(first, m.normalizer.json()) {
		list = append(list, n)
	}
	f.Normalizer = slices.Concat([]byte(`{"type":"Sequence","normalizers":[`), bytes.Join(list, []byte(",")), []byte(`]}`))
	return f, nil
}

// json returns what the normalizer does as Hugging Face's normalizers.
func (n *normalizer) json() []json.RawMessage {
	var list []json.RawMessage
	add := func(format string, args ...any) { list = append(list, fmt.Appendf(nil, format, args...)) }
	replace := `{"type":"Replace","pattern":{%q:%q},"content":%q}`
	if len(n.charsmap) > 0 {
		add(`{"type":"Precompiled","precompiled_charsmap":%q}`, base64.StdEncoding.EncodeToString(n.charsmap))
	}
	if n.removeExtra {
		add(replace, "Regex", `\A +|[ `+meta+`]+\z`, "")
		add(replace, "Regex", " {2,}", " ")
	}
	if n.dummyPrefix {
		add(`{"type":"Prepend","prepend":%q}`, meta)
	}
	add(replace, "String", " ", meta)
	return list
}

// bpeFile returns the model alone: a tokenizer.json for normalized text.
//
// sentencepiece joins any two neighbours whose characters together are a piece, the
// piece of the highest score first; so each way to cut a piece in two is a merge, and
// a merge's rank is that of the piece's score.
func (m *Model) bpeFile() (*tokenizer.File, error) {
	f := &tokenizer.File{Model: tokenizer.Model{Kind: tokenizer.BPE}}
	known := make(map[string]bool, len(m.pieces))
	seen := make(map[string]bool, len(m.pieces))
	for id, p := range m.pieces {
		if seen[p.text] {
			return nil, fmt.Errorf("the piece %q occurs twice", p.text)
		}
		seen[p.text] = true
		known[p.text] = p.kind == normal
		f.Model.Vocab = append(f.Model.Vocab, tokenizer.Entry{Token: p.text, ID: id})
	}
	joined := slices.DeleteFunc(slices.Clone(m.pieces), func(p piece) bool {
		return p.kind != normal || utf8.RuneCountInString(p.text) < 2
	})
	slices.SortStableFunc(joined, func(a, b piece) int { return cmp.Compare(b.score, a.score) })
	for i, p := range joined {
		if i > 0 && joined[i-1].score == p.score {
			return nil, fmt.Errorf("the pieces %q and %q have the same score, %v: not a BPE model as sentencepiece trains it", joined[i-1].text, p.text, p.score)
		}
		for at, r := range p.text {
			if !known[string(r)] {
				return nil, fmt.Errorf("the piece %q holds %q, which is not a piece", p.text, r)
			}
			if left, right := p.text[:at], p.text[at:]; known[left] && known[right] {
				f.Model.Merges = append(f.Model.Merges, tokenizer.Merge{Left: left, Right: right})
			}
		}
	}
	var unk bytes.Buffer
	e := json.NewEncoder(&unk)
	e.SetEscapeHTML(false) // <unk> is to be read
	if err := e.Encode(m.pieces[m.unknown].text); err != nil {
		return nil, err
	}
	f.Model.SetField("type", nil) // its place, before the others; the kind is written there
	f.Model.SetField("dropout", nil)
	f.Model.SetField("unk_token", bytes.TrimSpace(unk.Bytes()))
	f.Model.SetField("continuing_subword_prefix", nil)
	f.Model.SetField("end_of_word_suffix", nil)
	f.Model.SetField("fuse_unk", json.RawMessage("true"))
	f.Model.SetField("byte_fallback", json.RawMessage("false"))
	f.Model.SetField("ignore_merges", json.RawMessage("false"))
	return f, nil
}
