package vocab

import (
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/tokenizer"
)

// The usual names, tried in order where no file names the token.
var (
	usualUnk = []string{"[UNK]", "<unk>", "<UNK>", "<|unk|>"}
	usualPad = []string{"[PAD]", "<pad>", "<PAD>", "<|pad|>", "<|padding|>"}
)

// findUnk finds the unknown token: what the teacher's files name, then what
// tokenizer.json's model names, then the usual names.
func (b *builder) findUnk() {
	model := &b.next.Model
	own, _ := model.Unk()
	hint := b.o.Special.Unk
	switch {
	case b.has(hint):
		b.unk = hint
		if own != "" && own != hint {
			b.warn("the unknown token is %q, as the teacher's configuration says; its tokenizer.json says %q", hint, own)
		}
		return
	case hint != "":
		b.warn("the configuration's unknown token %q is not in the vocabulary", hint)
	}
	if b.has(own) {
		b.unk = own
		b.checkStale(own)
		return
	}
	if own != "" {
		b.warn("the model's unknown token %q is not in its vocabulary", own)
	}
	if !b.o.Special.NoUnk {
		if b.unk = b.usual("unknown", usualUnk); b.unk != "" {
			return
		}
	}
	// These two cannot be loaded, or not run, without the token they name.
	if own != "" && (model.Kind == tokenizer.WordPiece || model.Kind == tokenizer.WordLevel) {
		b.unk, b.unkIsNew = own, true
		b.warn("the unknown token %q gets a row of its own", own)
		return
	}
	if own != "" {
		model.SetField("unk_token", nil)
	}
}

// checkStale warns where unk_id names a token although another has the usual
// name: tools that prune a Unigram vocabulary forget to renumber it.
func (b *builder) checkStale(own string) {
	if b.next.Model.Kind != tokenizer.Unigram || slices.Contains(usualUnk, own) {
		return
	}
	if i := slices.IndexFunc(usualUnk, b.has); i >= 0 {
		b.warn("unk_id says that %q is the unknown token, and the vocabulary has %q: the file's unk_id looks stale", own, usualUnk[i])
	}
}

// findPad finds the padding token: what the teacher's files name, then the
// padding section, then the usual names.
func (b *builder) findPad() {
	hint := b.o.Special.Pad
	own, _ := b.next.Pad()
	switch {
	case b.has(hint):
		b.pad = hint
		if own != "" && own != hint {
			b.warn("the padding token is %q, as the teacher's configuration says; its tokenizer.json says %q", hint, own)
		}
		return
	case hint != "":
		b.warn("the configuration's padding token %q is not in the vocabulary", hint)
	}
	if b.has(own) {
		b.pad = own
		return
	}
	if own != "" {
		b.warn("the padding section's token %q is not in the vocabulary", own)
	}
	if !b.o.Special.NoPad {
		b.pad = b.usual("padding", usualPad)
	}
}

func (b *builder) has(token string) bool {
	_, ok := b.old[token]
	return ok && token != ""
}

// usual returns the first of the names that is in the vocabulary, or "".
func (b *builder) usual(what string, names []string) string {
	i := slices.IndexFunc(names, b.has)
	if i < 0 {
		return ""
	}
	b.warn("no file names the %s token; %q is taken for it by its name", what, names[i])
	return names[i]
}

// quoteFew lists at most three examples.
func quoteFew(words []string) string {
	var sb strings.Builder
	for i, w := range words[:min(3, len(words))] {
		if i > 0 {
			sb.WriteString(", ")
		}
		sb.WriteString(shorten(w))
	}
	if len(words) > 3 {
		sb.WriteString(", …")
	}
	return sb.String()
}

// shorten quotes a word, cut where it is long.
func shorten(w string) string {
	const most = 40
	if r := []rune(w); len(r) > most {
		w = string(r[:most]) + "…"
	}
	return `"` + w + `"`
}
