package tokenizer

import "strings"

// An Encoder turns texts into ids with memory of its own: it allocates nothing
// once warm and remembers the ids of words (never of texts) that it has seen,
// in at most 4 MB. It is for one goroutine at a time; what it returns does not
// depend on what it has seen.
type Encoder struct {
	t          *Tokenizer
	scratch    scratch
	workspace  workspace
	cache      wordCache
	queue      queue
	raw, text  []byte
	plain      []span // of added tokens in raw
	normalized []span // of added tokens in text
	pieces     []piece
}

// padding is how many bytes lie readable after a text, so that a word's key can be read in whole
// machine words, and a text in blocks.
const padding = 64

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
	if !isUTF8(text) {
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
	if e.t.cut != cutNowhere {
		return e.appendStretches(dst, text, first)
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
		dst = e.appendPiece(dst, p)
	}
	return dst
}

// appendPiece encodes a piece, or remembers it.
func (e *Encoder) appendPiece(dst []int32, piece []byte) []int32 {
	if len(piece) > maxCached {
		return e.t.model.appendIDs(dst, piece, &e.workspace)
	}
	key := keyOf(piece)
	hash := key.hash(len(piece))
	if l := e.cache.find(&key, len(piece), hash); l != nil {
		return l.appendIDs(dst)
	}
	from := len(dst)
	dst = e.t.model.appendIDs(dst, piece, &e.workspace)
	e.cache.add(&key, len(piece), hash, dst[from:])
	return dst
}
