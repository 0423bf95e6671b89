package vocab

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/tokenizer"
)

// appendBPE appends words to a BPE vocabulary and makes texts reach them. The
// way that leaves all else as it is comes first: "ignore_merges" takes a piece
// that is in the vocabulary as it stands. Where that would not do, or would
// change the ids of other texts, words get merges as the reference gives them,
// and the parts that those need become rows of their own.
func (b *builder) appendBPE(pre *tokenizer.Tokenizer, words []word) error {
	if len(words) == 0 {
		return nil
	}
	whole, err := b.wholePieces(pre, words)
	if err != nil {
		return err
	}
	m := &b.next.Model
	if whole {
		m.SetField("ignore_merges", json.RawMessage("true"))
		entries := make([]tokenizer.Entry, len(words))
		for i, w := range words {
			entries[i].Token = w.token
		}
		return b.next.Append(entries...)
	}
	return b.appendMerged(words)
}

// wholePieces reports whether ignore_merges makes every word reachable and
// changes nothing else.
func (b *builder) wholePieces(pre *tokenizer.Tokenizer, words []word) (bool, error) {
	m := &b.next.Model
	if textField(m, "end_of_word_suffix") != "" || textField(m, "continuing_subword_prefix") != "" {
		return false, nil // a piece is never spelled as its token
	}
	for _, w := range words {
		if !slices.Contains(pre.Pieces("a "+strings.TrimFunc(w.text, isSpace)+" a"), w.token) {
			return false, nil // the tokenizer does not cut texts at words
		}
	}
	if string(m.Field("ignore_merges")) == "true" {
		return true, nil
	}
	bare, err := modelOf(m)
	if err != nil {
		return false, err
	}
	// ignore_merges matters to a token that merges do not lead to, if a text
	// can have it as a piece.
	var ids []int32
	for _, e := range m.Vocab {
		if b.isSpecial(e.Token) {
			continue // cut out of the text before
		}
		ids = bare.AppendIDs(ids[:0], e.Token)
		if len(ids) == 1 && int(ids[0]) == e.ID {
			continue
		}
		if canBePiece(pre, e.Token) {
			return false, nil
		}
	}
	return true, nil
}

// modelOf compiles a model alone: texts are pieces.
func modelOf(m *tokenizer.Model) (*tokenizer.Tokenizer, error) {
	return tokenizer.New(&tokenizer.File{Model: *m})
}

// canBePiece tries to find a text that has the token as a piece.
func canBePiece(pre *tokenizer.Tokenizer, token string) bool {
	texts := []string{token, strings.ReplaceAll(token, "▁", " ")}
	if text, ok := byteDecode(token); ok {
		texts = append(texts, text)
	}
	for _, text := range texts {
		for _, context := range []string{text, "a" + text, "a " + text, text + "a", text + " a", "." + text, "1" + text, "\n" + text} {
			if slices.Contains(pre.Pieces(context), token) {
				return true
			}
		}
	}
	return false
}

// appendMerged appends words with the merges that lead to them, and after each
// word the parts of its merges that are no tokens yet, in order of code points.
//
// Source: BPE.add_token in skeletoken's models.py.
func (b *builder) appendMerged(words []word) error {
	m := &b.next.Model
	old, err := modelOf(&b.model)
	if err != nil {
		return err
	}
	g := newGrower(m)
	var entries []tokenizer.Entry
	have := m.Index()
	add := func(token string) {
		have[token] = 0
		entries = append(entries, tokenizer.Entry{Token: token})
	}
	var lost []string
	for _, w := range words {
		if _, ok := have[w.token]; ok { // it became a part of another word before
			b.counts.Helpers--
			continue
		}
		parts, ok := g.grow(w.token)
		if !ok {
			lost = append(lost, w.text)
			b.counts.Rejected++
			b.counts.Added--
			continue
		}
		add(w.token)
		slices.Sort(parts)
		for _, part := range slices.Compact(parts) {
			if _, ok := have[part]; ok {
				continue
			}
			add(part)
			b.counts.Helpers++
			if _, ok := b.surfaces[part]; ok {
				continue // a word of the user's that comes later
			}
			if _, ok := b.old[part]; !ok {
				b.surfaces[part] = ints(old.AppendIDs(nil, part))
			}
		}
	}
	m.Merges = g.merges
	if len(lost) > 0 {
		b.warn("merges of this tokenizer cannot lead to %d of %d words, and they are left out: %s", len(lost), len(b.o.Words), quoteFew(lost))
	}
	if b.counts.Helpers > 0 {
		b.warn("%d parts of words became rows of their own: this tokenizer reaches words through merges alone", b.counts.Helpers)
	}
	return b.next.Append(entries...)
}

// A grower extends a list of merges so that it leads to new tokens.
type grower struct {
	merges         []tokenizer.Merge
	rank           map[tokenizer.Merge]int
	prefix, suffix string
}

func newGrower(m *tokenizer.Model) *grower {
	g := &grower{
		merges: slices.Clone(m.Merges),
		rank:   make(map[tokenizer.Merge]int, len(m.Merges)),
		prefix: textField(m, "continuing_subword_prefix"),
		suffix: textField(m, "end_of_word_suffix"),
	}
	for i, p := range g.merges {
		g.rank[p] = i
	}
	return g
}

// grow adds merges until the token is one symbol: in each round the pairs of
// the symbols that are left, side by side. It returns the symbols of its
// merges. A merge that another one of its round forestalls, since they share a symbol
// ("ab ab": b with the space, and a with b), leads nowhere and is not added: its result
// would have to be a token. ok is false, and nothing is added, if the token is empty or
// a round leads nowhere.
func (g *grower) grow(token string) (parts []string, ok bool) {
	before := len(g.merges)
	symbols := g.symbols(token, nil)
	for len(symbols) > 1 {
		start := len(g.merges)
		for i := 0; i+1 < len(symbols); i += 2 {
			pair := tokenizer.Merge{Left: symbols[i], Right: symbols[i+1]}
			if _, ok := g.rank[pair]; !ok {
				g.rank[pair] = len(g.merges)
				g.merges = append(g.merges, pair)
			}
		}
		applied := map[tokenizer.Merge]bool{}
		g.symbols(token, applied)
		added := slices.Clone(g.merges[start:])
		g.cut(start)
		for _, pair := range added {
			if applied[pair] {
				parts = append(parts, pair.Left, pair.Right)
				g.rank[pair] = len(g.merges)
				g.merges = append(g.merges, pair)
			}
		}
		if len(g.merges) == start {
			break
		}
		symbols = g.symbols(token, nil)
	}
	if len(symbols) != 1 || symbols[0] != token {
		g.cut(before)
		return nil, false
	}
	return parts, true
}

// cut takes the merges from n on away.
func (g *grower) cut(n int) {
	for _, pair := range g.merges[n:] {
		delete(g.rank, pair)
	}
	g.merges = g.merges[:n]
}

// symbols cuts a token into characters and applies the merges, the pair of the
// lowest rank first, all its occurrences at once. applied, if not nil, notes them.
func (g *grower) symbols(token string, applied map[tokenizer.Merge]bool) []string {
	var symbols []string
	body := strings.TrimSuffix(token, g.suffix)
	for i, r := range body {
		s := string(r)
		if i > 0 {
			s = g.prefix + s
		}
		if i+utf8.RuneLen(r) == len(body) {
			s += g.suffix
		}
		symbols = append(symbols, s)
	}
	for {
		var best tokenizer.Merge
		lowest := len(g.merges)
		for i := 0; i+1 < len(symbols); i++ {
			pair := tokenizer.Merge{Left: symbols[i], Right: symbols[i+1]}
			if rank, ok := g.rank[pair]; ok && rank < lowest {
				best, lowest = pair, rank
			}
		}
		if lowest == len(g.merges) {
			return symbols
		}
		if applied != nil {
			applied[best] = true
		}
		symbols = g.apply(symbols, best)
	}
}

// apply merges every occurrence of a pair, from left to right.
func (g *grower) apply(symbols []string, pair tokenizer.Merge) []string {
	out := symbols[:0]
	for i := 0; i < len(symbols); i++ {
		if i+1 < len(symbols) && symbols[i] == pair.Left && symbols[i+1] == pair.Right {
			out = append(out, pair.Left+strings.TrimPrefix(pair.Right, g.prefix))
			i++
			continue
		}
		out = append(out, symbols[i])
	}
	return out
}

// byteDecode undoes the byte-level alphabet, in which every byte is a printable
// character: "Ġdog" is " dog". ok is false where that is not text.
//
// Source: bytes_to_unicode of GPT-2.
func byteDecode(token string) (text string, ok bool) {
	decoded := make([]byte, 0, len(token))
	for _, r := range token {
		c, ok := byteOf[r]
		if !ok {
			return "", false
		}
		decoded = append(decoded, c)
	}
	return string(decoded), utf8.Valid(decoded)
}

// byteOf maps the characters of the byte-level alphabet to bytes: printable
// Latin-1 stands for itself, the rest follows from U+0100.
var byteOf = func() map[rune]byte {
	m := make(map[rune]byte, 256)
	next := rune(0x100)
	for c := range 256 {
		r := rune(c)
		if !(r >= '!' && r <= '~' || r >= '¡' && r <= '¬' || r >= '®' && r <= 'ÿ') {
			r = next
			next++
		}
		m[r] = byte(c)
	}
	return m
}()
