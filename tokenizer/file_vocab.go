package tokenizer

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"
)

// parseVocab reads {"token": id, …} or [["token", score], …]. Tokens share
// one allocation, with the vocabulary that New takes.
func (m *Model) parseVocab(s *jsonScanner) error {
	r := newVocabReader(s)
	member, end := r.entry, byte('}')
	if s.peek() == '[' {
		member, end = r.scored, ']'
	}
	if err := s.members(end-2, end, "an object or an array", member); err != nil { // '{' and '[' are two before '}' and ']'
		return err
	}
	v := &vocabulary{text: string(r.text), ends: slices.Clip(r.ends)}
	for i := range r.vocab {
		r.vocab[i].Token = v.entry(i)
	}
	m.Vocab, m.read = slices.Clip(r.vocab), nil
	if len(m.Vocab) == 0 {
		m.Vocab = nil
	}
	byID := func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) }
	if sorted := slices.IsSortedFunc(m.Vocab, byID); end == ']' || sorted {
		v.number(m.Vocab)
		if v.index(); end == ']' || v.distinct == len(m.Vocab) {
			m.read = v
			return nil
		}
	}
	m.Vocab = lastOfEach(m.Vocab)
	slices.SortStableFunc(m.Vocab, byID)
	return nil
}

// A vocabReader reads the entries of a vocabulary. What it meets in nearly every entry it
// reads itself, and leaves the rest to the scanner: the errors too.
type vocabReader struct {
	*jsonScanner
	text  []byte   // the tokens, one after the other
	ends  []uint32 // of each entry in text
	vocab []Entry  // without their tokens
}

// newVocabReader returns a reader with room for the vocabulary at the scanner.
func newVocabReader(s *jsonScanner) *vocabReader {
	open := s.peek()
	n := countEntries(s.data[s.pos:], open)
	return &vocabReader{s, make([]byte, 0, meanToken*n), make([]uint32, 0, n), make([]Entry, 0, n)}
}

// entry reads "token": id.
func (r *vocabReader) entry() error {
	if err := r.token(); err != nil {
		return err
	}
	if r.next() == ':' {
		r.pos++
	} else if err := r.expect(':', "':' after a token"); err != nil {
		return err
	}
	id, err := r.shortID()
	r.vocab = append(r.vocab, Entry{ID: id})
	return err
}

// scored reads ["token", score].
func (r *vocabReader) scored() error {
	e := Entry{ID: len(r.vocab)}
	err := r.pair(r.token, func() (err error) { e.Score, err = r.float(); return err })
	r.vocab = append(r.vocab, e)
	return err
}

// next returns the next byte, or 0 at the end.
func (r *vocabReader) next() byte {
	if r.pos < len(r.data) {
		return r.data[r.pos]
	}
	return 0
}

// token reads a token.
func (r *vocabReader) token() (err error) {
	r.peek()
	data := r.data[r.pos:]
	for i := 1; i < len(data) && data[0] == '"'; i++ {
		c := data[i]
		if c == '"' {
			r.text = append(r.text, data[1:i]...)
			r.ends = append(r.ends, uint32(len(r.text)))
			r.pos += i + 1
			return nil
		}
		if c < ' ' || c == '\\' {
			break
		}
	}
	r.text, err = r.appendString(r.text)
	r.ends = append(r.ends, uint32(len(r.text)))
	return err
}

// shortID is id for numbers of up to six digits, of which none is too large.
func (r *vocabReader) shortID() (int, error) {
	r.peek()
	const most = 6
	id, data := 0, r.data[r.pos:]
	for i, c := range data[:min(most+1, len(data))] {
		if digit := c - '0'; digit <= 9 && i < most {
			id = 10*id + int(digit)
			continue
		}
		if i > 0 && (c == ',' || c == '}') && (data[0] != '0' || i == 1) {
			r.pos += i
			return id, nil
		}
		break
	}
	return r.id()
}

// meanToken is the bytes of a token, about: what is longer grows.
const meanToken = 8

// countEntries returns about how many entries a vocabulary has that data begins with and
// open opens, so that few of a large one's bytes are moved as it grows: the commas of an object,
// or the brackets of an array, up to the merges if there are any. It is never more than
// the shortest entries that data has room for.
func countEntries(data []byte, open byte) int {
	for _, merges := range []string{`"merges": [`, `"merges":[`} {
		if i := bytes.Index(data, []byte(merges)); i >= 0 {
			data = data[:i]
		}
	}
	if open == '[' {
		return min(bytes.Count(data, []byte{'['}), len(data)/len(`["",0],`))
	}
	return min(bytes.Count(data, []byte{','})+1, len(data)/len(`"":0,`))
}

// lastOfEach drops entries whose token comes again later: of two equal keys of
// an object the last counts.
func lastOfEach(vocab []Entry) []Entry {
	// last holds the entry + 1 of each token that was met, by its hash: open addressing.
	log := bits.Len(uint(2*len(vocab) + 1))
	last, shift, seed := make([]uint32, 1<<log), 64-log, maphash.MakeSeed()
	again := make([]bool, len(vocab))
	repeated := false
	for i := range vocab {
		for s := maphash.String(seed, vocab[i].Token) >> shift; ; s = (s + 1) & uint64(len(last)-1) {
			e := last[s]
			if e != 0 && vocab[e-1].Token != vocab[i].Token {
				continue
			}
			if e != 0 {
				again[e-1], repeated = true, true
			}
			last[s] = uint32(i + 1)
			break
		}
	}
	if !repeated {
		return vocab
	}
	kept := vocab[:0]
	for i, e := range vocab {
		if !again[i] {
			kept = append(kept, e)
		}
	}
	return kept
}
