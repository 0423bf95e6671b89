package tokenizer

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
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
	v := &vocabulary{text: r.text.String(), ends: slices.Clip(r.ends), utf8: true}
	for i := range r.vocab {
		r.vocab[i].Token = v.entry(i)
	}
	m.Vocab, m.read = slices.Clip(r.vocab), nil
	if len(m.Vocab) == 0 {
		m.Vocab = nil
	}
	v.index()
	byID := func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) }
	if end == '}' && (v.distinct < len(m.Vocab) || !slices.IsSortedFunc(m.Vocab, byID)) {
		m.Vocab = lastOfEach(m.Vocab, v)
		slices.SortStableFunc(m.Vocab, byID)
		return nil
	}
	v.number(m.Vocab)
	m.read = v
	return nil
}

// lastOfEach drops entries whose token comes again later: of two equal keys of
// an object the last counts. v has the entries, by index.
func lastOfEach(entries []Entry, v *vocabulary) []Entry {
	kept := entries[:0]
	for i, e := range entries {
		if v.find([]byte(e.Token)) == int32(i) {
			kept = append(kept, e)
		}
	}
	return kept
}

// A vocabReader reads the entries of a vocabulary. Their usual spelling it reads itself, and
// leaves the others to the scanner: the errors too.
type vocabReader struct {
	*jsonScanner
	text  strings.Builder // the tokens, one after the other
	ends  []uint32        // of each entry in text
	vocab []Entry         // without their tokens
}

// newVocabReader returns a reader with room for the vocabulary at the scanner.
func newVocabReader(s *jsonScanner) *vocabReader {
	open := s.peek()
	n := countEntries(s.data[s.pos:], open)
	r := &vocabReader{jsonScanner: s, ends: make([]uint32, 0, n), vocab: make([]Entry, 0, n)}
	r.text.Grow(meanToken * n)
	return r
}

// add adds an entry, whose token ends the text.
func (r *vocabReader) add(e Entry) {
	r.ends = append(r.ends, uint32(r.text.Len()))
	r.vocab = append(r.vocab, e)
}

// entry reads "token": id.
func (r *vocabReader) entry() error {
	data := r.data[r.pos:]
	from := pastBlank(data, 0)
	if to := plainString(data, from); to > 0 {
		if at := after(data, to, ':'); at > 0 {
			if end, id := plainID(data, at); end > 0 {
				r.text.Write(data[from+1 : to-1])
				r.add(Entry{ID: id})
				r.pos += end
				return nil
			}
		}
	}
	if err := r.token(); err != nil {
		return err
	}
	if err := r.expect(':', "':' after a token"); err != nil {
		return err
	}
	id, err := r.id()
	r.add(Entry{ID: id})
	return err
}

// scored reads ["token", score].
func (r *vocabReader) scored() error {
	data := r.data[r.pos:]
	if from := after(data, 0, '['); from > 0 {
		to := plainString(data, from)
		if at := after(data, to, ','); to > 0 && at > 0 {
			if end, score := plainScore(data, at); end > 0 {
				if next := after(data, end, ']'); next > 0 {
					r.text.Write(data[from+1 : to-1])
					r.add(Entry{ID: len(r.vocab), Score: score})
					r.pos += next
					return nil
				}
			}
		}
	}
	e := Entry{ID: len(r.vocab)}
	err := r.pair(r.token, func() (err error) { e.Score, err = r.float(); return err })
	r.add(e)
	return err
}

// token reads a token.
func (r *vocabReader) token() error {
	r.peek()
	token, err := r.appendString(nil)
	r.text.Write(token)
	return err
}

// pastBlank returns where the white space of data from i on ends.
func pastBlank(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// after returns where what follows c begins, or 0 if c is not next.
func after(data []byte, i int, c byte) int {
	if i = pastBlank(data, i); i < len(data) && data[i] == c {
		return pastBlank(data, i+1)
	}
	return 0
}

// plainString returns where the string at i ends, or 0 if there is none without escapes.
func plainString(data []byte, i int) int {
	if i >= len(data) || data[i] != '"' {
		return 0
	}
	for i++; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c < ' ' || c == '\\':
			return 0
		}
	}
	return 0
}

// plainDigits reads up to most digits, and returns where they end, or 0.
func plainDigits(data []byte, i, most int, n *uint64) int {
	start := i
	for i < len(data) && data[i]-'0' <= 9 {
		*n = 10**n + uint64(data[i]-'0')
		i++
	}
	if i == start || i-start > most {
		return 0
	}
	return i
}

// follows tells whether c may follow a plain number.
func follows(c byte) bool { return c == ',' || c == '}' || c == ']' || c == '\n' || c == ' ' }

// plainID returns where the number at i ends, and the number; or 0 if it is not
// a whole one of few digits, of which no token id is too high.
func plainID(data []byte, i int) (end, id int) {
	var n uint64
	end = plainDigits(data, i, 6, &n)
	if end == 0 || end == len(data) || data[i] == '0' && end > i+1 || !follows(data[end]) {
		return 0, 0
	}
	return end, int(n)
}

// plainScore returns where the number at i ends, and the number; or 0 if it is not one
// with a fraction and without an exponent.
func plainScore(data []byte, i int) (end int, score float64) {
	start := i
	if i < len(data) && data[i] == '-' {
		i++
	}
	var n uint64 // all digits
	point := plainDigits(data, i, 4, &n)
	if point == 0 || point == len(data) || data[point] != '.' || data[i] == '0' && point > i+1 {
		return 0, 0
	}
	end = plainDigits(data, point+1, 22, &n)
	if end == 0 || end == len(data) || !follows(data[end]) {
		return 0, 0
	}
	if digits := end - i - 1; digits > 15 {
		score, err := strconv.ParseFloat(string(data[start:end]), 64)
		if err != nil {
			return 0, 0
		}
		return end, score
	}
	// Both are exact, so that the quotient is the nearest float64.
	if score = float64(n) / powersOfTen()[end-point-1]; i > start {
		score = -score
	}
	return end, score
}

// meanToken is the bytes of a token, about: what is longer grows.
const meanToken = 8

// countEntries returns about how many entries a vocabulary has that data begins with and
// open opens, so that few of a large one's bytes are moved as it grows: the commas of an object,
// or the brackets of an array, up to the merges if there are any. It is never more than
// the shortest entries that data has room for.
func countEntries(data []byte, open byte) int {
	if open == '[' {
		return min(bytes.Count(data, []byte{'['}), len(data)/len(`["",0],`))
	}
	for rest, found := data, true; found; { // not from the key's quote on: there are many
		_, rest, found = bytes.Cut(rest, []byte(`merges":`))
		if at := pastBlank(rest, 0); at < len(rest) && rest[at] == '[' { // not the id of a token
			data = data[:len(data)-len(rest)]
			break
		}
	}
	return min(bytes.Count(data, []byte{','})+1, len(data)/len(`"":0,`))
}
