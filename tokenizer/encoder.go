package tokenizer

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// An Encoder turns texts into ids with memory of its own: it allocates nothing
// once warm and remembers the ids of words (never of texts) that it has seen,
// in at most 2 MB. It is for one goroutine at a time; what it returns does not
// depend on what it has seen.
type Encoder struct {
	t          *Tokenizer
	scratch    scratch
	workspace  workspace
	cache      wordCache
	raw, text  []byte
	plain      []span // of added tokens in raw
	normalized []span // of added tokens in text
	pieces     []piece
}

// padding is how many bytes lie readable after a text, so that a word's key
// can be read in whole machine words.
const padding = maxCached

// NewEncoder returns an encoder of the tokenizer.
func (t *Tokenizer) NewEncoder() *Encoder { return &Encoder{t: t} }

// AppendIDs appends the ids of text to dst, as Tokenizer.AppendIDs does.
func (e *Encoder) AppendIDs(dst []int32, text string) []int32 {
	return e.appendFramed(dst, text, false)
}

// AppendIDsWithSpecials appends the ids of text with the special tokens of the
// post-processor to dst, as Tokenizer.AppendIDsWithSpecials does.
func (e *Encoder) AppendIDsWithSpecials(dst []int32, text string) []int32 {
	return e.appendFramed(dst, text, true)
}

func (e *Encoder) appendFramed(dst []int32, text string, specials bool) []int32 {
	around := e.t.frame.around
	if specials {
		dst = append(dst, around[0]...)
	}
	from, to := len(dst), len(dst)
	for i, after := range around[1:] {
		if i == 0 {
			dst = e.appendIDs(dst, text)
			to = len(dst)
		} else {
			dst = append(dst, dst[from:to]...)
		}
		if specials {
			dst = append(dst, after...)
		}
	}
	return dst
}

// appendIDs cuts the added tokens out of the text and encodes what is left.
func (e *Encoder) appendIDs(dst []int32, text string) []int32 {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	e.raw = append(e.raw[:0], text...)
	e.raw = pad(e.raw)
	if e.t.added.plain == nil {
		dst = e.appendPart(dst, e.raw, true)
	} else {
		e.plain = e.t.added.plain.appendSpans(e.plain[:0], e.raw)
		for _, s := range e.plain {
			if s.id != none {
				dst = append(dst, s.id)
			} else {
				dst = e.appendPart(dst, e.raw[s.start:s.end], s.start == 0)
			}
		}
	}
	e.trim()
	return dst
}

// pad makes padding bytes after the text readable.
func pad(text []byte) []byte {
	var zeros [padding]byte
	return append(text, zeros[:]...)[:len(text)]
}

// trim lets go of the memory of an unusually long text.
func (e *Encoder) trim() {
	const most = 1 << 20
	e.workspace.trim()
	if cap(e.raw) > most || cap(e.text) > most {
		e.raw, e.text, e.pieces, e.plain, e.normalized = nil, nil, nil, nil, nil
		e.scratch = scratch{}
	}
}

// appendPart normalizes a part of the text, cuts the normalized added tokens
// out of it and encodes what is left. first says whether the part starts the
// text.
func (e *Encoder) appendPart(dst []int32, part []byte, first bool) []int32 {
	text := part
	if n := e.t.normalizer; n != nil {
		e.scratch.shifted = false
		e.text = pad(n.normalize(e.text[:0], part, &e.scratch))
		text = e.text
		first = first && !e.scratch.shifted
	}
	if e.t.added.normalized == nil {
		return e.appendText(dst, text, first)
	}
	e.normalized = e.t.added.normalized.appendSpans(e.normalized[:0], text)
	for _, s := range e.normalized {
		if s.id != none {
			dst = append(dst, s.id)
		} else {
			dst = e.appendText(dst, text[s.start:s.end], first && s.start == 0)
		}
	}
	return dst
}

// appendText encodes normalized text without added tokens. padding bytes after
// it are readable.
func (e *Encoder) appendText(dst []int32, text []byte, first bool) []int32 {
	switch e.t.cut {
	case cutBlanks:
		return e.appendBlanks(dst, text, first)
	case cutSpaces:
		return e.appendSpaces(dst, text, first)
	case cutMetas:
		return e.appendMetas(dst, text)
	}
	if len(text) == 0 {
		return dst
	}
	if e.t.preTokenizer == nil {
		return e.t.model.appendIDs(dst, text, &e.workspace)
	}
	e.scratch.reset()
	e.pieces = e.t.preTokenizer.split(e.pieces[:0], text, first, &e.scratch)
	for _, p := range e.pieces {
		if len(p) > maxCached {
			dst = e.t.model.appendIDs(dst, p, &e.workspace)
			continue
		}
		key := keyOf(p)
		dst = e.appendWord(dst, p, &key, true)
	}
	return dst
}

// appendBlanks encodes text cut at white space.
func (e *Encoder) appendBlanks(dst []int32, text []byte, first bool) []int32 {
	classes := e.t.classes
	for i := 0; i < len(text); {
		switch class := classes[text[i]]; class {
		case blank:
			i++
		case alone:
			dst = append(dst, e.t.alone[text[i]]...)
			i++
		default:
			seen, j := class, i+1
			for ; j < len(text); j++ {
				class := classes[text[j]]
				if class < word {
					break
				}
				seen |= class
			}
			dst = e.appendStretch(dst, text, i, j, seen == word, first)
			i = j
		}
	}
	return dst
}

// appendSpaces encodes text cut before single spaces.
func (e *Encoder) appendSpaces(dst []int32, text []byte, first bool) []int32 {
	for i := 0; i < len(text); {
		j := i + 1
		for j < len(text) && (text[j] != ' ' || !cutsAtSpace(text, j)) {
			j++
		}
		dst = e.appendStretch(dst, text, i, j, false, first)
		i = j
	}
	return dst
}

// meta is ▁, which stands for a space, in UTF-8.
const meta = "\u2581"

// appendMetas encodes text cut before each ▁ after something else.
func (e *Encoder) appendMetas(dst []int32, text []byte) []int32 {
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && isMeta(text, j) {
			j += len(meta)
		}
		for j < len(text) && !isMeta(text, j) {
			j++
		}
		dst = e.appendStretch(dst, text, i, j, true, false)
		i = j
	}
	return dst
}

func isMeta(text []byte, i int) bool {
	return text[i] == meta[0] && i+2 < len(text) && text[i+1] == meta[1] && text[i+2] == meta[2]
}

// appendStretch encodes text[i:j]. whole says that it is one piece. first says
// whether text is the start of the input.
func (e *Encoder) appendStretch(dst []int32, text []byte, i, j int, whole, first bool) []int32 {
	if first && i == 0 && e.t.first { // nothing to remember: it comes out otherwise elsewhere
		return e.appendPieces(dst, text[:j], whole, true)
	}
	if j-i > maxCached {
		return e.appendPieces(dst, text[i:j], whole, false)
	}
	key := keyAt(text[:len(text)+padding], i, j-i)
	return e.appendWord(dst, text[i:j], &key, whole)
}

// keyAt returns the key of text[i:i+size], 1 to maxCached bytes, where text
// goes on for maxCached bytes after i.
func keyAt(text []byte, i, size int) (k wordKey) {
	b := text[i : i+maxCached : i+maxCached]
	k[0] = binary.LittleEndian.Uint64(b)
	if size <= 8 {
		k[0] &= keep(size)
		return k
	}
	k[1] = binary.LittleEndian.Uint64(b[8:])
	if size <= 16 {
		k[1] &= keep(size - 8)
		return k
	}
	k[2] = binary.LittleEndian.Uint64(b[16:])
	if size <= 24 {
		k[2] &= keep(size - 16)
		return k
	}
	k[3] = binary.LittleEndian.Uint64(b[24:]) & keep(size-24)
	return k
}

// keep masks the first n bytes, 1 to 8, of a little-endian word.
func keep(n int) uint64 { return ^uint64(0) >> ((64 - 8*uint(n)) & 63) }

// appendWord encodes a stretch of at most maxCached bytes, or remembers it.
func (e *Encoder) appendWord(dst []int32, word []byte, key *wordKey, whole bool) []int32 {
	hash := key.hash(len(word))
	if l := e.cache.find(key, len(word), hash); l != nil {
		return l.appendIDs(dst)
	}
	from := len(dst)
	dst = e.appendPieces(dst, word, whole, false)
	e.cache.add(key, len(word), hash, dst[from:])
	return dst
}

// appendPieces pre-tokenizes a stretch, unless it is one piece, and encodes
// its pieces.
func (e *Encoder) appendPieces(dst []int32, stretch []byte, whole, first bool) []int32 {
	if whole {
		return e.t.model.appendIDs(dst, stretch, &e.workspace)
	}
	e.scratch.reset()
	e.pieces = e.t.preTokenizer.split(e.pieces[:0], stretch, first, &e.scratch)
	for _, p := range e.pieces {
		dst = e.t.model.appendIDs(dst, p, &e.workspace)
	}
	return dst
}
